"""Pods as processes of this machine: a Node object of our own, and an agent that runs its Pods as a kubelet would.

A container is a process in namespaces of its own (mounts, processes, host name), with the root file system, the
volumes, the user and the capabilities that its Pod asks for. Only the network is the machine's: each Pod has an address
of its own from 127.0.0.0/8, and Services are served by a forwarder in the agent, as there is no kube-proxy.
"""
