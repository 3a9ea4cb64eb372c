{{/* A duration such as 2160h in whole seconds: how far it moves a point in time. */}}
{{- define "nfs-steward.seconds" -}}
{{- $start := toDate "2006-01-02 MST" "2000-01-01 UTC" -}}
{{- sub (mustDateModify . $start).Unix $start.Unix -}}
{{- end -}}
