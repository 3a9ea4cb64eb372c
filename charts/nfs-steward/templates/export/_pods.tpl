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
  # Directories are made for others, which the server lets root alone do (no_root_squash).
  runAsUser: 0
  {{- else }}
  runAsNonRoot: true
  runAsUser: {{ int64 .runAsUser }}
  # Without one it would be root's.
  runAsGroup: {{ kindIs "invalid" .runAsGroup | ternary .runAsUser .runAsGroup | int64 }}
  {{- end }}
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* Takes the root. */}}
{{- define "nfs-steward.exportContainerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
    {{- if kindIs "invalid" .Values.controller.runAsUser }}
    add:
    - CHOWN    # giving a directory the owner and group that its class names
    - FOWNER   # setting the mode of a directory that has been given away
    - FSETID   # keeping its set-group-ID bit although its group is not one of ours
    {{- end }}
{{- end -}}
