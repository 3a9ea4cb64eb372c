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

{{/*
Whom an export's controller runs as: root unless the values name somebody, and always at the file system itself, where
nobody else may set limits. Takes (dict "local" LOCAL "root" $).
*/}}
{{- define "nfs-steward.exportPodSecurity" -}}
{{- $local := .local -}}
securityContext:
  {{- with .root.Values.controller }}
  {{- if or $local (kindIs "invalid" .runAsUser) }}
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

{{/*
What a controller at the file system itself may do: there no server decides in its stead, and root without capabilities is
nobody. The first three are what root needs to make directories for others and to remove theirs; then the mode bit that
hands a group down stays when the group is another's; the device's name is made in the container, for quotactl(2) finds
the file system by it (the device itself stays closed); and limits are set by whoever administers the system, alone.
Kubernetes takes no `allowPrivilegeEscalation: false` beside the last.
*/}}
{{- define "nfs-steward.localContainer" -}}
securityContext:
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
    add: [CHOWN, DAC_OVERRIDE, FOWNER, FSETID, MKNOD, SYS_ADMIN]
{{- end -}}

{{/* Where an export is found: mounted over the network, or on the node. Takes (dict "export" EXPORT "root" $). */}}
{{- define "nfs-steward.exportSource" -}}
{{- with .export.local -}}
hostPath:
  path: {{ .path | quote }}
  # A folder that is not there is not made: it would lie on another file system.
  type: Directory
{{- else -}}
persistentVolumeClaim:
  claimName: {{ include "nfs-steward.exportVolume" . }}
{{- end -}}
{{- end -}}
