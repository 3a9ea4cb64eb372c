"""What taking over from another provisioner comes to: who makes new volumes, and what becomes of those there are.

Pure: from what was observed and the policy to a plan, which is shown before anything is done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from controller.adoption.classes import NotUnderstood, Understood, judge_class
from controller.adoption.observed import Observed
from controller.adoption.running import Runner
from controller.adoption.volumes import Circumstances, TakenOver, VolumeVerdict, judge_volume
from controller.observed.occupied import Occupant, OccupiedDirectories
from controller.observed.records import asked_provisioner, claim_record, volume_record
from policy import keys
from policy.exports import ManagedExports
from policy.model import Policy
from policy.shapes import Json, annotations, text
from policy.volumes import place_of

_NODE_PART: Final = (
    "nodes mount these volumes by csi-driver-nfs for as long as they live, since a volume's source cannot be changed: "
    "keep its DaemonSet csi-nfs-node and its CSIDriver"
)


@dataclass(frozen=True, slots=True)
class NewClaims:
    """Who makes volumes for new claims of the old classes: whether we do, a sentence about it, and what to do where it
    is not as it should be.
    """

    served: bool
    who: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that there is to say and do. `waiting` are claims, as NAMESPACE/NAME, that have no volume yet; `still_needed`
    says in a sentence what of the other must not go, empty for nothing. `unread` are claims with annotations that mean
    something to the other, and nothing to us.
    """

    provisioner: str
    runners: tuple[Runner, ...]
    new_claims: NewClaims
    classes: tuple[Understood | NotUnderstood, ...]
    volumes: tuple[VolumeVerdict, ...]
    waiting: tuple[str, ...]
    still_needed: str = ""
    unread: tuple[str, ...] = ()

    @property
    def taken_over(self) -> tuple[TakenOver, ...]:
        """The volumes that become ours."""
        return tuple(each for each in self.volumes if isinstance(each, TakenOver))

    @property
    def leaves_something(self) -> bool:
        """Whether anything of the old provisioner is left to an administrator when the plan is carried out."""
        unread = any(isinstance(each, NotUnderstood) for each in self.classes)
        return unread or not self.new_claims.served or len(self.taken_over) < len(self.volumes)


def plan_adoption(observed: Observed, policy: Policy) -> Plan:
    """Plan to take over from the provisioner; raises `WrongShape` for objects that are not what they should be."""
    theirs = [each for each in observed.classes if text(each, "provisioner") == observed.provisioner]
    return Plan(
        provisioner=observed.provisioner,
        runners=observed.runners,
        new_claims=_new_claims(observed.provisioner, theirs, policy),
        classes=tuple(judge_class(each, policy) for each in theirs),
        volumes=tuple(_verdicts(observed, policy)),
        waiting=tuple(_waiting(observed.claims, observed.provisioner)),
        still_needed=_NODE_PART if observed.provisioner == keys.NFS_CSI_DRIVER else "",
        unread=tuple(_unread(observed.claims, observed.provisioner)),
    )


def _new_claims(provisioner: str, classes: Sequence[Json], policy: Policy) -> NewClaims:
    if not classes:
        return NewClaims(served=True, who="it has no StorageClass, so no claim asks for it")
    if provisioner == keys.NFS_CSI_DRIVER:
        return NewClaims(
            served=False,
            who="its classes name a server and a share, which only csi-driver-nfs's own controller understands",
            remedy=f"put classes of {keys.PROVISIONER} in their place, under the same names if you like",
        )
    if policy.provisioner_name == provisioner:
        return NewClaims(served=True, who="nfs-steward: the policy's provisionerName says so")
    instead = f", instead of {policy.provisioner_name}" if policy.provisioner_name else ""
    return NewClaims(
        served=False,
        who="nobody, once it is stopped: the policy's provisionerName does not name it",
        remedy=f"set provisionerName: {provisioner}{instead} in the policy (Helm: --set provisionerName={provisioner})",
    )


def _verdicts(observed: Observed, policy: Policy) -> Iterator[VolumeVerdict]:
    exports = ManagedExports(policy.exports)
    served = policy.provisioners | {observed.provisioner}
    classes = {
        text(each, "metadata", "name") or "": each for each in observed.classes if text(each, "provisioner") in served
    }
    circumstances = Circumstances(
        policy, exports, classes, _occupied(observed.volumes, exports), _static(observed.volumes)
    )
    for volume in observed.volumes:
        if annotations(volume).get(keys.PROVISIONED_BY) == observed.provisioner:
            yield judge_volume(volume, circumstances)


def _static(volumes: Sequence[Json]) -> frozenset[str]:
    """Those that somebody made by hand."""
    return frozenset(each.name for each in map(volume_record, volumes) if not each.provisioner)


def _occupied(volumes: Sequence[Json], exports: ManagedExports) -> OccupiedDirectories:
    """Who uses which directory of the managed exports: all volumes, whoever made them."""
    occupied = OccupiedDirectories()
    for volume in map(volume_record, volumes):
        place = place_of(volume.source, exports)
        if place:
            namespace = volume.claim.namespace if volume.claim else ""
            occupant = Occupant(volume.name, namespace, provisioned=bool(volume.provisioner))
            occupied.put(occupant, place.export.name, place.segments)
    return occupied


def _waiting(claims: Sequence[Json], provisioner: str) -> Iterator[str]:
    for claim in claims:
        if asked_provisioner(claim) == provisioner and claim_record(claim).pending:
            yield _name(claim)


def _unread(claims: Sequence[Json], provisioner: str) -> Iterator[str]:
    for claim in claims:
        if asked_provisioner(claim) == provisioner and not annotations(claim).keys().isdisjoint(keys.SUBDIR_OWNERSHIP):
            yield _name(claim)


def _name(claim: Json) -> str:
    return f"{text(claim, 'metadata', 'namespace')}/{text(claim, 'metadata', 'name')}"
