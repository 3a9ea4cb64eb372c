{{/* What the controllers have in common, the cluster's and those of the exports. */}}

{{/* Takes (dict "port" PORT "root" $). */}}
{{- define "nfs-steward.controllerArguments" -}}
{{ include "nfs-steward.arguments" .root }}
- --namespace=$(POD_NAMESPACE)
- --health-bind=$(POD_IP):{{ .port }}
{{- end -}}

{{/* Takes (dict "port" PORT "root" $). */}}
{{- define "nfs-steward.controllerContainer" -}}
image: {{ include "nfs-steward.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
env:
{{ include "nfs-steward.ownAddress" . }}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
ports:
- name: health
  containerPort: {{ .port }}
{{ include "nfs-steward.probes" (dict "port" "health" "scheme" "HTTP") }}
resources:
  {{- toYaml .root.Values.controller.resources | nindent 2 }}
{{- end -}}
