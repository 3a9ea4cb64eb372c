{{/*
What Helm makes for the moment of an event and takes away again afterwards. What has failed is left to be looked at, until
the event comes again: its log says why. Takes (dict "event" NAMES "weight" TEXT); lower weights come first.
*/}}
{{- define "nfs-steward.hook" -}}
helm.sh/hook: {{ .event }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/*
The Pod of a hook: a command of nfs-steward, as little privileged as can be. Takes (dict "component" NAME "arguments" LIST
"root" $) and, where it is to read one, "policy", the name of a ConfigMap.
*/}}
{{- define "nfs-steward.hookPod" -}}
restartPolicy: Never
{{ include "nfs-steward.placement" (merge (dict "settings" (omit .root.Values.controller "hostNetwork" "priorityClassName")) .) }}
{{ include "nfs-steward.unprivilegedPod" . }}
containers:
- name: {{ .component }}
  image: {{ include "nfs-steward.image" .root }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args:
  {{- toYaml .arguments | nindent 2 }}
  resources:
    {{- toYaml .root.Values.controller.resources | nindent 4 }}
  {{- include "nfs-steward.unprivilegedContainer" . | nindent 2 }}
  {{- if .policy }}
  volumeMounts:
  {{- include "nfs-steward.policyMount" . | nindent 2 }}
  {{- end }}
{{- with .policy }}
volumes:
- name: policy
  configMap:
    name: {{ . }}
{{- end }}
{{- end -}}
