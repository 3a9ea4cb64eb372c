"""What stands in a Lease, and what we write into it. Nothing here trusts another machine's clock.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from kube.resources import LEASES
from policy.shapes import Json, annotations, mapping


class LeaseRecord(NamedTuple):
    """Who holds a Lease and which renewal it is. Two equal records mean that nobody has renewed in between.

    `renewed` is another machine's time: compared for equality, never with ours. `duration` is in seconds.
    """

    holder: str
    renewed: str
    transitions: int
    duration: float


def record_of(lease: Json, usual_duration: float) -> LeaseRecord:
    """The record of a Lease; whatever is absent or of a wrong type counts as nobody's, or as usual."""
    spec = mapping(lease, "spec")
    holder, renewed, duration = spec.get("holderIdentity"), spec.get("renewTime"), spec.get("leaseDurationSeconds")
    return LeaseRecord(
        holder if isinstance(holder, str) else "",
        renewed if isinstance(renewed, str) else "",
        _transitions(spec.get("leaseTransitions")),
        float(duration) if isinstance(duration, int) and duration > 0 else usual_duration,
    )


def new_lease(name: str, namespace: str) -> Json:
    """A Lease that nobody holds yet."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata, "spec": {}}


def held_by(lease: Json, identity: str, duration: float, now: datetime) -> Json:
    """The Lease as `identity` writes it to take or renew it; the fields that are not ours stay."""
    spec = mapping(lease, "spec")
    ours = spec.get("holderIdentity") == identity
    transitions = _transitions(spec.get("leaseTransitions"))
    taken = {
        "holderIdentity": identity,
        "leaseDurationSeconds": round(duration),
        "renewTime": micro_time(now),
        "acquireTime": (spec.get("acquireTime") if ours else None) or micro_time(now),
        "leaseTransitions": transitions if ours or not spec else transitions + 1,
    }
    return {**lease, "spec": {**spec, **taken}}


def annotated(lease: Json, notes: Mapping[str, str]) -> Json:
    """The Lease with these annotations beside those of others."""
    if not notes:
        return lease
    return {**lease, "metadata": {**mapping(lease, "metadata"), "annotations": {**annotations(lease), **notes}}}


def released(lease: Json, now: datetime) -> Json:
    """The Lease as its holder leaves it: free at once, as client-go leaves it too."""
    free = {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": micro_time(now)}
    return {**lease, "spec": {**mapping(lease, "spec"), **free}}


def micro_time(moment: datetime) -> str:
    """The API's MicroTime: RFC 3339 in UTC with six decimals."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _transitions(value: object) -> int:
    return value if isinstance(value, int) else 0
