{{/*
A name that fits: cut where it is too long, and then told from others by a hash of the whole.
Takes (dict "name" NAME "longest" N).
*/}}
{{- define "nfs-steward.fit" -}}
{{- if le (len .name) (int .longest) -}}
{{- .name -}}
{{- else -}}
{{- printf "%s-%s" (.name | trunc (int (sub .longest 9)) | trimSuffix "-") (sha256sum .name | trunc 8) -}}
{{- end -}}
{{- end -}}

{{/*
The name that all others begin with: the release's, with the chart's where it does not hold that already. A Service's
name has no dots and begins with a letter, which a release's need not.
*/}}
{{- define "nfs-steward.name" -}}
{{- $name := .Release.Name | replace "." "-" -}}
{{- if regexMatch "^[0-9]" $name -}}
{{- $name = printf "%s-%s" .Chart.Name $name -}}
{{- else if not (contains .Chart.Name $name) -}}
{{- $name = printf "%s-%s" $name .Chart.Name -}}
{{- end -}}
{{- include "nfs-steward.fit" (dict "name" $name "longest" 40) -}}
{{- end -}}

{{/* What selects the Pods of a component. Takes (dict "component" NAME "root" $). */}}
{{- define "nfs-steward.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of everything that belongs to a component. Takes (dict "component" NAME "root" $). */}}
{{- define "nfs-steward.labels" -}}
{{ include "nfs-steward.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The Secret with the webhook's certificate, whoever fills it. */}}
{{- define "nfs-steward.certificateSecret" -}}
{{- if eq .Values.certificates.source "existingSecret" -}}
{{- .Values.certificates.existingSecret -}}
{{- else -}}
{{- include "nfs-steward.name" . }}-webhook-tls
{{- end -}}
{{- end -}}
