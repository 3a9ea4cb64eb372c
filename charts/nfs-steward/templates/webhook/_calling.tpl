{{/*
How the API server reaches the webhook. Takes (dict "path" "/mutate" "root" $).
caBundle is never rendered: whoever keeps the certificates publishes it, and an upgrade must not take it away.
*/}}
{{- define "nfs-steward.client" -}}
clientConfig:
  service:
    name: {{ include "nfs-steward.name" .root }}-webhook
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
    port: {{ .root.Values.webhook.service.port }}
{{- end -}}

{{/* Namespaces that are never asked about, as a JSON list: those that the cluster and the webhook itself need. */}}
{{- define "nfs-steward.excludedNamespaces" -}}
{{- concat (list "kube-system" "kube-node-lease" .Release.Namespace) (.Values.webhook.excludedNamespaces | default list) | uniq | toJson -}}
{{- end -}}

{{/*
Opted-in namespaces only. There is no objectSelector anywhere: the label `nfs-steward.io/inject: disabled` of an object
skips filling in but no refusal, and which of the two a request is about is decided in code.
*/}}
{{- define "nfs-steward.namespaceSelector" -}}
namespaceSelector:
  matchLabels:
    nfs-steward.io/inject: enabled
  matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: {{ include "nfs-steward.excludedNamespaces" . }}
{{- end -}}

{{/* Some text where the `overQuota` of a profile is one of these words, else none. Takes (dict "words" (list) "root" $). */}}
{{- define "nfs-steward.hasOverQuota" -}}
{{- range .root.Values.profiles }}
{{- if has (.overQuota | default "warn") $.words }}{{ .name }} {{ end }}
{{- end }}
{{- end -}}

{{/* CEL: a volume of a Pod, or a PersistentVolume's spec, that is NFS, natively or by its CSI driver. Takes its name. */}}
{{- define "nfs-steward.isNfs" -}}
has({{ . }}.nfs) || (has({{ . }}.csi) && {{ . }}.csi.driver == 'nfs.csi.k8s.io')
{{- end -}}

{{/* cert-manager publishes the authority of its Certificate; otherwise our controller does. Takes the root. */}}
{{- define "nfs-steward.injection" -}}
{{- if eq .Values.certificates.source "cert-manager" -}}
annotations:
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "nfs-steward.name" . }}-webhook
{{- end -}}
{{- end -}}
