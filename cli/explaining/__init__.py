"""What nfs-steward would do to manifests, found by running the webhook's own code on them.

`documents` and `manifests` read; `submissions` says which objects the API server would be sent for them, and
`apiserver` what it does to each before it asks a webhook; `surroundings` is the cluster that the input describes;
`verdicts` asks the webhook's code; `report` shows the answers.
"""
