{{/* The class that a claim in the test's namespace has to get: the default profile's, or else one of no meaning. */}}
{{- define "nfs-steward.testedClass" -}}
{{- $class := "nfs-steward-test" -}}
{{- range .Values.profiles }}{{ if eq .name "default" }}{{ $class = .storageClassName | default $class }}{{ end }}{{ end -}}
{{- $class -}}
{{- end -}}
