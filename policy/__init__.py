"""What the cluster wants, as pure rules: no I/O, no clock, no Kubernetes client.

Everything here is a function of its arguments. The webhook, the controller and the command line all ask the
same questions of it ("which profile?", "which class?", "which mount options?"), and so get the same answers.
"""
