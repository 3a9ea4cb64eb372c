{{/*
The policy as the programs read it. A field that is null stays away, and so means what the policy says of an absent one.
Takes the root.
*/}}
{{- define "nfs-steward.policy" -}}
{{- $policy := dict }}
{{- range $field := list "exports" "profiles" "gidRange" "provisionerName" "limits" "contact" "usageThresholds" "measuring" "schedulingGate" "gateTimeout" }}
{{- if not (kindIs "invalid" (index $.Values $field)) }}
{{- $_ := set $policy $field (index $.Values $field) }}
{{- end }}
{{- end }}
{{- toYaml $policy }}
{{- end -}}
