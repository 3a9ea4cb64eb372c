"""The way between the API server on this machine and the network of the node, which is a guest's own.

A guest in User-Mode Linux can call the machine, and nothing can call it. So the guest calls and keeps lines open, as a
konnectivity agent does in a cluster whose control plane stands elsewhere
(https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/). It takes no privileges and no device, and
nothing of the machine's network changes.

- API server → Pods, kubelet: its "cluster" egress is a socket, behind which `host_end` passes each connection on
  through a line; `node_end` reads the request (`CONNECT address:port`) and dials. Webhooks' Services are resolved to
  their Pods by the API server itself (`--enable-aggregator-routing`).
- Pods → API server: `node_end` listens on the address of the Service `kubernetes` and passes connections on.
"""
