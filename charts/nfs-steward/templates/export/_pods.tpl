{{/*
Where an export's controller tells how it is. On the network of their nodes the controllers have one port each, counted
on from the cluster's. Takes (dict "index" INDEX "root" $).
*/}}
{{- define "nfs-steward.exportPort" -}}
{{- if .root.Values.controller.hostNetwork -}}
{{- add .root.Values.controller.port .index 1 -}}
{{- else -}}
{{- .root.Values.controller.port -}}
{{- end -}}
{{- end -}}

{{/* Whom an export's controller runs as: root unless the values name somebody. Takes the root. */}}
{{- define "nfs-steward.exportPodSecurity" -}}
securityContext:
  {{- with .Values.controller }}
  {{- if kindIs "invalid" .runAsUser }}
  # Directories are given to others, which servers let root alone do.
  runAsUser: 0
  {{- else }}
  runAsNonRoot: true
  runAsUser: {{ int64 .runAsUser }}
  # It would be root's if it were not set.
  runAsGroup: {{ kindIs "invalid" .runAsGroup | ternary .runAsUser .runAsGroup | int64 }}
  {{- end }}
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

