{{/*
The fences hold our own accounts, and so whoever has stolen a token of theirs, to what rights cannot be narrowed to.
A fence takes (dict "fence" NAME "root" $): its start, and what it is about for whom.
*/}}
{{- define "nfs-steward.fenceMetadata" -}}
metadata:
  name: {{ include "nfs-steward.name" .root }}-{{ .fence }}
  labels:
    {{- include "nfs-steward.labels" (dict "component" "fences" "root" .root) | nindent 4 }}
{{- end -}}

{{/* The condition that a request is made by one of our accounts. */}}
{{- define "nfs-steward.madeByUs" -}}
{{- $users := list -}}
{{- range $component := list "webhook" "cluster" "export" "uninstall" -}}
{{- $users = append $users (include "nfs-steward.user" (dict "component" $component "root" $)) -}}
{{- end -}}
matchConditions:
- name: made-by-us
  expression: request.userInfo.username in {{ toJson $users }}
{{- end -}}

{{/* The binding that puts a fence up. */}}
{{- define "nfs-steward.fenceBinding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
{{ include "nfs-steward.fenceMetadata" . }}
spec:
  policyName: {{ include "nfs-steward.name" .root }}-{{ .fence }}
  validationActions: [Deny]
{{- end -}}

{{/*
CEL: what was `before` is the same `now`, but for some of its fields. Takes (dict "now" EXPRESSION "before" EXPRESSION
"but" (list "field" …)). dyn, since the fields of a typed object cannot be gone through.
*/}}
{{- define "nfs-steward.same" -}}
{{- $but := toJson .but -}}
dyn({{ .now }}).all(k, k in {{ $but }} || (k in dyn({{ .before }}) && dyn({{ .now }})[k] == dyn({{ .before }})[k])) &&
dyn({{ .before }}).all(k, k in {{ $but }} || k in dyn({{ .now }}))
{{- end -}}

{{/*
CEL: a part of the object is as it was, but for some of its fields, and for those of its metadata that the API server
itself changes with every update. Takes (dict "part" "spec" "but" (list "field" …)).
*/}}
{{- define "nfs-steward.unchanged" -}}
{{- $but := .but -}}
{{- if eq .part "metadata" }}{{ $but = concat .but (list "generation" "managedFields" "resourceVersion") }}{{ end -}}
{{- $parts := dict "now" (printf "object.%s" .part) "before" (printf "oldObject.%s" .part) "but" $but -}}
{{- include "nfs-steward.same" $parts -}}
{{- end -}}

{{/*
CEL: of these metadata (labels, annotations) only those in our own name have changed, and some that other validations are
about. Takes (dict "marks" WHICH "but" (list "key" …)).
*/}}
{{- define "nfs-steward.othersUnchanged" -}}
{{- $ours := printf "k.startsWith('nfs-steward.io/') || k in %s" (toJson .but) -}}
object.metadata.?{{ .marks }}.orValue({}).all(k, {{ $ours }} ||
oldObject.metadata.?{{ .marks }}[?k] == object.metadata.?{{ .marks }}[?k]) &&
oldObject.metadata.?{{ .marks }}.orValue({}).all(k, {{ $ours }} ||
object.metadata.?{{ .marks }}[?k].hasValue())
{{- end -}}

{{/*
The validations that hold changes of an object's metadata to labels, annotations and (where wanted) finalizers in our
own name. Takes (dict "kind" NAME "finalizers" BOOL "annotations" (list "key" …)): the name is for the messages; those
annotations other validations are about.
*/}}
{{- define "nfs-steward.onlyOurMarks" -}}
{{- $ours := list "labels" "annotations" -}}
{{- if .finalizers }}{{ $ours = append $ours "finalizers" }}{{ end -}}
{{- range list "labels" "annotations" }}
- expression: >-
    {{- $but := eq . "annotations" | ternary $.annotations list }}
    {{- include "nfs-steward.othersUnchanged" (dict "marks" . "but" $but) | nindent 4 }}
  message: nfs-steward may change no {{ . }} of a {{ $.kind }} but its own
  reason: Forbidden
{{- end }}
{{- if .finalizers }}
- expression: >-
    object.metadata.?finalizers.orValue([]).filter(f, !f.startsWith('nfs-steward.io/')) ==
    oldObject.metadata.?finalizers.orValue([]).filter(f, !f.startsWith('nfs-steward.io/'))
  message: nfs-steward may change no finalizers of a {{ .kind }} but its own
  reason: Forbidden
{{- end }}
- expression: >-
    {{- include "nfs-steward.unchanged" (dict "part" "metadata" "but" $ours) | nindent 4 }}
  message: nfs-steward may change nothing else of a {{ .kind }}'s metadata
  reason: Forbidden
{{- end -}}
