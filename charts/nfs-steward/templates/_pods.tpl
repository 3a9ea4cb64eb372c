{{/* What all Pods of nfs-steward have in common. Each takes what its comment says. */}}

{{/* Takes the root. A digest says exactly which image; a tag may come to mean another one. */}}
{{- define "nfs-steward.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The image with the tools of file systems: what `image.quota` says goes over what `image` says, and its tag is by default
the other's with -quota at its end. Takes the root.
*/}}
{{- define "nfs-steward.quotaImage" -}}
{{- $quota := .Values.image.quota -}}
{{- $repository := $quota.repository | default .Values.image.repository -}}
{{- if $quota.digest -}}
{{ $repository }}@{{ $quota.digest }}
{{- else -}}
{{ $repository }}:{{ $quota.tag | default (printf "%s-quota" (.Values.image.tag | default $.Chart.AppVersion)) }}
{{- end -}}
{{- end -}}

{{/* Where a Pod of the component may run, and before whom. Takes (dict "component" NAME "settings" VALUES "root" $). */}}
{{- define "nfs-steward.placement" -}}
serviceAccountName: {{ include "nfs-steward.name" .root }}-{{ .component }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if .settings.hostNetwork }}
hostNetwork: true
dnsPolicy: ClusterFirstWithHostNet
{{- end }}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end -}}

{{/*
Replicas apart from each other: by node and by zone as far as there are several, since anywhere is better than nowhere.
Those of another revision do not count, or an update would crowd the new ones together. Takes the selector, as text.
*/}}
{{- define "nfs-steward.spread" -}}
topologySpreadConstraints:
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- topologyKey: {{ . }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{/*
Never fewer than there should be while Pods are replaced; but on the network of their nodes they need the same port, and
a new one has no place before an old one is gone. Takes the component's values.
*/}}
{{- define "nfs-steward.rolling" -}}
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: {{ if .hostNetwork }}1{{ else }}0{{ end }}
    maxSurge: {{ if .hostNetwork }}0{{ else }}1{{ end }}
{{- end -}}

{{/*
Alive means that the process answers, ready that it can do its work. Not being ready has mostly causes elsewhere, which a
restart does not mend: a start may take five minutes before it counts as stuck. Takes (dict "port" NAME "scheme" SCHEME).
*/}}
{{- define "nfs-steward.probes" -}}
startupProbe:
  httpGet: {path: /readyz, port: {{ .port }}, scheme: {{ .scheme }}}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 300
readinessProbe:
  httpGet: {path: /readyz, port: {{ .port }}, scheme: {{ .scheme }}}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: {{ .port }}, scheme: {{ .scheme }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{/*
The Pod's own address, which serves IPv4 and IPv6 clusters alike and leaves other addresses of a node alone; its namespace.
*/}}
{{- define "nfs-steward.ownPlace" -}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{- end -}}

{{/* Arguments that all programs take. Takes the root. */}}
{{- define "nfs-steward.arguments" -}}
- --policy=/etc/nfs-steward/policy/policy.yaml
- --log-format={{ .Values.log.format }}
- --log-level={{ .Values.log.level }}
{{- end -}}

{{/* The policy: the whole folder, as a file mounted by `subPath` would never change. */}}
{{- define "nfs-steward.policyMount" -}}
- name: policy
  mountPath: /etc/nfs-steward/policy
  readOnly: true
{{- end -}}

{{/* Takes the root. */}}
{{- define "nfs-steward.policyVolume" -}}
- name: policy
  configMap:
    name: {{ include "nfs-steward.name" . }}-policy
{{- end -}}

{{/* Pod Security `restricted`, with a user by number, so that the kubelet can tell that it is not root. */}}
{{- define "nfs-steward.unprivilegedPod" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "nfs-steward.unprivilegedContainer" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}
