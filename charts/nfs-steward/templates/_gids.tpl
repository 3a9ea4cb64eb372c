{{/*
What an account may do with the ledger of gids, one ConfigMap in nfs-steward's namespace. Takes the list of verbs. A right to
create cannot be pinned to a name, nor one to patch to entries: the fences do both.
*/}}
{{- define "nfs-steward.gidRights" -}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: {{ toJson . }}
  resourceNames: [nfs-steward-gids]
{{- if has "patch" . }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [create]
{{- end }}
{{- end -}}
