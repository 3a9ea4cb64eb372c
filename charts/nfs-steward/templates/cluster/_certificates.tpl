{{/*
What the controller is told about the webhook's certificate. cert-manager keeps and publishes its own, so there is
nothing to tell. Takes the root.
*/}}
{{- define "nfs-steward.certificateArguments" -}}
{{- $name := include "nfs-steward.name" . -}}
{{- with .Values.certificates -}}
{{- if ne .source "cert-manager" -}}
- --certificates={{ eq .source "self" | ternary "issue" "publish" }}
- --certificate-secret={{ include "nfs-steward.certificateSecret" $ }}
- --webhook={{ $name }}-webhook
- --webhook-pods={{ include "nfs-steward.selector" (dict "component" "webhook" "root" $) | replace ": " "=" | replace "\n" "," }}
- --webhook-configuration={{ $name }}
{{- if eq .source "self" }}
- --certificate-lifetime={{ .lifetime }}
- --authority-lifetime={{ .authorityLifetime }}
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
