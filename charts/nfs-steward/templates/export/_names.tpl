{{/* The export's name in the policy. Takes the export. The policy model has the same default, for a lone export. */}}
{{- define "nfs-steward.exportName" -}}
{{- .name | default "main" -}}
{{- end -}}

{{/* The name of an export's Deployment. Takes (dict "export" EXPORT "root" $). */}}
{{- define "nfs-steward.exportDeployment" -}}
{{- $name := printf "%s-export-%s" (include "nfs-steward.name" .root) (include "nfs-steward.exportName" .export) -}}
{{- include "nfs-steward.fit" (dict "name" $name "longest" 63) -}}
{{- end -}}

{{/*
The name of an export's volume and claim. A volume's source cannot be changed, so an export that moves gets another
volume, and so another name. Takes (dict "export" EXPORT "root" $).
*/}}
{{- define "nfs-steward.exportVolume" -}}
{{- $name := printf "%s-export-%s" (include "nfs-steward.name" .root) (include "nfs-steward.exportName" .export) -}}
{{- $place := printf "%s%s" .export.server .export.path | sha256sum | trunc 8 -}}
{{- printf "%s-%s" (include "nfs-steward.fit" (dict "name" $name "longest" 54)) $place -}}
{{- end -}}

{{/* What tells an export's objects from others'. Takes the export. */}}
{{- define "nfs-steward.exportLabel" -}}
nfs-steward.io/export: {{ include "nfs-steward.exportName" . | quote }}
{{- end -}}

{{/* Mount options one by one: in the policy an item may hold several, with commas and spaces. Takes the list. */}}
{{- define "nfs-steward.mountOptions" -}}
{{- $options := list -}}
{{- range . -}}
{{- range splitList "," . -}}
{{- $options = append $options (trim .) -}}
{{- end -}}
{{- end -}}
{{- with compact $options -}}
mountOptions:
{{- range . }}
- {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}
