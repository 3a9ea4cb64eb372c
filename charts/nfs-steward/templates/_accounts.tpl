{{/* An account of ours as the API server's admission sees it. Takes (dict "component" NAME "root" $). */}}
{{- define "nfs-steward.user" -}}
system:serviceaccount:{{ .root.Release.Namespace }}:{{ include "nfs-steward.name" .root }}-{{ .component }}
{{- end -}}

{{/*
The start of every object of RBAC: its name, its labels and, where it is a hook's, the annotations that say so.
Takes (dict "component" NAME "root" $), "namespace" for what holds in one only, and "annotations", a map.
*/}}
{{- define "nfs-steward.rightsMetadata" -}}
metadata:
  name: {{ include "nfs-steward.name" .root }}-{{ .component }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "nfs-steward.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The account of a component. Takes what nfs-steward.rightsMetadata takes. */}}
{{- define "nfs-steward.account" -}}
apiVersion: v1
kind: ServiceAccount
{{ include "nfs-steward.rightsMetadata" (merge (dict "namespace" .root.Release.Namespace) .) }}
{{- end -}}

{{/*
Gives a component's account the ClusterRole (or, in a "namespace", the Role) of the component's name. Takes the same, and
"account" where it is another component's.
*/}}
{{- define "nfs-steward.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ if .namespace }}RoleBinding{{ else }}ClusterRoleBinding{{ end }}
{{ include "nfs-steward.rightsMetadata" . }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ if .namespace }}Role{{ else }}ClusterRole{{ end }}
  name: {{ include "nfs-steward.name" .root }}-{{ .component }}
subjects:
- kind: ServiceAccount
  name: {{ include "nfs-steward.name" .root }}-{{ .account | default .component }}
  namespace: {{ .root.Release.Namespace }}
{{- end -}}

{{/*
"true" where a switch of the policy, which is on unless it says false, is on or was so until this upgrade. So the right to
undo what a feature has done goes with the upgrade after the one that switches it off: until then something may be left, and
programs go on by the policy before for the minute or two that a new one takes to reach them. What Helm only renders
(`helm template`, Argo CD) knows of no earlier policy: there the right goes at once. Takes (dict "switch" NAME "root" $).
*/}}
{{- define "nfs-steward.isOrWasOn" -}}
{{- $on := ne (toString (index .root.Values .switch)) "false" -}}
{{- with lookup "v1" "ConfigMap" .root.Release.Namespace (printf "%s-policy" (include "nfs-steward.name" .root)) -}}
{{- $before := index .data "policy.yaml" | fromYaml -}}
{{- $on = or $on (ne (toString (get $before $.switch)) "false") -}}
{{- end -}}
{{- if $on }}true{{ end -}}
{{- end -}}

{{/* "true" where scheduling gates may have to come off Pods. An Event on a Pod that still waits says that a right lacks. */}}
{{- define "nfs-steward.liftsGates" -}}
{{- include "nfs-steward.isOrWasOn" (dict "switch" "schedulingGate" "root" $) -}}
{{- end -}}

{{/* "true" where ResourceQuotas and LimitRanges are kept, or have to be removed. */}}
{{- define "nfs-steward.keepsLimits" -}}
{{- include "nfs-steward.isOrWasOn" (dict "switch" "limits" "root" $) -}}
{{- end -}}
