{{/* What happens to the data of a class's volumes when their claims are deleted. Takes the class. */}}
{{- define "nfs-steward.onDelete" -}}
{{- .onDelete | default "archive" -}}
{{- end -}}

{{/* The names of the exports that a class lies on, separated by commas; none where there is only one. Takes the class. */}}
{{- define "nfs-steward.classExports" -}}
{{- kindIs "slice" .export | ternary .export (list .export) | compact | join "," -}}
{{- end -}}

{{/* What holds claims of a class to their sizes on the export. Takes the class. */}}
{{- define "nfs-steward.classQuota" -}}
{{- .quota | default "none" -}}
{{- end -}}

{{/*
The parameters of a class, as the API server takes them: all of them text. A number that came out of a file would be
written as 1e+06. Takes the class.
*/}}
{{- define "nfs-steward.classParameters" -}}
{{- $parameters := dict "onDelete" (include "nfs-steward.onDelete" .) -}}
{{- range $name, $value := .parameters -}}
{{- $_ := set $parameters $name (kindIs "float64" $value | ternary (int64 $value) $value) -}}
{{- end -}}
{{- with include "nfs-steward.classExports" . }}{{ $_ := set $parameters "export" . }}{{ end -}}
{{- with .pathPattern }}{{ $_ := set $parameters "pathPattern" . }}{{ end -}}
{{- with .archiveFor }}{{ $_ := set $parameters "archiveFor" . }}{{ end -}}
{{- if ne (include "nfs-steward.classQuota" .) "none" }}{{ $_ := set $parameters "quota" .quota }}{{ end -}}
{{- if .shared }}{{ $_ := set $parameters "shared" true }}{{ end -}}
{{- range $name, $value := $parameters }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
