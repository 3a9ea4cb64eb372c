{{/* What the controllers have in common, the cluster's and those of the exports. */}}

{{/* Takes (dict "port" PORT "root" $). */}}
{{- define "nfs-steward.controllerArguments" -}}
{{ include "nfs-steward.arguments" .root }}
- --namespace=$(POD_NAMESPACE)
- --health-bind=$(POD_IP):{{ .port }}
{{- end -}}

{{/*
Takes (dict "port" PORT "root" $), of an export's controller also "export" with its name: whoever works in such a Pod by
`kubectl exec` need not say where policy and export are. And "local", where it needs the tools of file systems.
*/}}
{{- define "nfs-steward.controllerContainer" -}}
image: {{ include (empty .local | ternary "nfs-steward.image" "nfs-steward.quotaImage") .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
env:
{{ include "nfs-steward.ownPlace" . }}
{{- with .export }}
- name: NFS_STEWARD_POLICY
  value: /etc/nfs-steward/policy/policy.yaml
- name: NFS_STEWARD_EXPORT
  value: {{ . }}=/exports/{{ . }}
{{- end }}
ports:
- name: health
  containerPort: {{ .port }}
{{ include "nfs-steward.probes" (dict "port" "health" "scheme" "HTTP") }}
resources:
  {{- toYaml .root.Values.controller.resources | nindent 2 }}
{{- end -}}

{{/*
Nobody has to reach a controller but kubelets and whoever collects metrics. Takes (dict "component" NAME "root" $).
*/}}
{{- define "nfs-steward.controllerNetworkPolicy" -}}
{{- if .root.Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "nfs-steward.name" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "nfs-steward.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "nfs-steward.selector" . | nindent 6 }}
  # Egress is left open: API servers have addresses that no chart can know. Exports are mounted by nodes, not by Pods.
  policyTypes: [Ingress]
  ingress:
  - ports:
    - {protocol: TCP, port: health}
{{- end -}}
{{- end -}}
