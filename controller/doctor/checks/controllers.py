"""Controllers that do not run, and ones that should not."""

from collections.abc import Iterator
from typing import Any, Final

from controller.doctor.findings import Finding, Level
from controller.doctor.leases import LeaseSeen, foreign_lease
from controller.doctor.observed import Observed
from controller.names import CLUSTER_DUTY, LEASE_PREFIX, export_duty, lease_of
from policy import keys
from policy.shapes import Json, mapping, sequence, text

_PEERS_VARIABLE: Final = "PROVISIONER_NAME"
"""By which nfs-subdir-external-provisioner is told its name."""


def unheld_lease(observed: Observed) -> Iterator[Finding]:
    """Nobody leads a duty that there should be."""
    namespace = observed.installed.namespace
    here = {lease.name: lease for lease in observed.leases if lease.namespace == namespace}
    duties = {CLUSTER_DUTY: "Nothing is healed, gates have no time-out, and certificates are not renewed."}
    for export in observed.policy.exports:
        duties[export_duty(export.name)] = (
            f"On export {export.name} no directory and no volume is made, and nothing is reclaimed."
        )
    for duty, consequence in duties.items():
        lease = here.get(lease_of(duty))
        if lease is None or not lease.held:
            yield Finding(
                Level.ERROR,
                f"Lease {namespace}/{lease_of(duty)}",
                "There is none: no controller has ever led this duty." if lease is None else "Nobody renews it.",
                consequence,
                f"kubectl --namespace {namespace} get pods: the controller's Pod has to run and be ready, and its log "
                "says what it waits for. A Pod that waits in ContainerCreating cannot mount its export.",
            )


def second_installation(observed: Observed) -> Iterator[Finding]:
    """Controllers of ours lead in another namespace, too."""
    elsewhere = sorted(
        {lease.namespace for lease in _ours(observed) if lease.namespace != observed.installed.namespace}
    )
    for namespace in elsewhere:
        yield Finding(
            Level.ERROR,
            f"namespace {namespace}",
            f"A second nfs-steward runs there, which serves {keys.PROVISIONER} too.",
            "Both make volumes for the same claims, each by its own policy; which of them is first is chance.",
            "Keep one: nfs-steward uninstall and helm uninstall in the other's namespace.",
        )


def second_provisioner(observed: Observed) -> Iterator[Finding]:
    """The provisioner whose name we have taken over still runs."""
    for provisioner in sorted(observed.provisioners):
        for deployment in observed.deployments:
            if mapping(deployment, "spec").get("replicas", 1) and _is_named(deployment, provisioner):
                namespace, name = (text(deployment, "metadata", field) for field in ("namespace", "name"))
                stop = f"kubectl --namespace {namespace} scale deployment {name} --replicas=0"
                yield _second(f"Deployment {namespace}/{name}", provisioner, stop)
        for lease in observed.leases:
            if lease.name == foreign_lease(provisioner) and lease.held:
                stop = f"end {lease.record.holder}, which holds it"
                yield _second(f"Lease {lease.namespace}/{lease.name}", provisioner, stop)


def _second(where: str, provisioner: str, stop: str) -> Finding:
    return Finding(
        Level.ERROR,
        where,
        f"Another program provisions as {provisioner}, and so do we.",
        "Both make a directory and a volume for each claim, and both reclaim: data may be dealt with twice.",
        f"Stop it: {stop}; or take provisionerName out of the policy.",
    )


def _is_named(deployment: Json, provisioner: str) -> bool:
    variables: list[Any] = [
        variable
        for container in sequence(deployment, "spec", "template", "spec", "containers")
        for variable in sequence(container, "env")
    ]
    return any((each.get("name"), each.get("value")) == (_PEERS_VARIABLE, provisioner) for each in variables)


def _ours(observed: Observed) -> Iterator[LeaseSeen]:
    return (lease for lease in observed.leases if lease.name.startswith(LEASE_PREFIX) and lease.held)
