"""Claims that use more than their size: new Pods get them read-only, or do not start with them.

The controller marks such claims with a label, and takes it off when they use less. Which of the two follows, if any, is
`overQuota` of the profile of the Pod's namespace. A quota is no default: `nfs-steward.io/inject: disabled` skips
neither. What runs already is never looked at again.
"""

from collections.abc import Iterator

from policy.model import Policy
from policy.pods import ClaimVolume, claim_volumes
from policy.profiles import NamespaceSettings
from webhook.cluster import ClusterView
from webhook.decision import Denied, Field, Filled, Kept, Outcome, Proposed, Warned


def mount_read_only(pod: Proposed, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """Make claims that are over their size read-only in a new Pod, where the profile says `overQuota: readOnly`.

    An author's own `readOnly: false` is not told from none: the API server leaves it out of what it shows a webhook,
    since false is what the field means when it is absent.
    """
    if settings.profile.over_quota != "readOnly":
        return
    for volume in claim_volumes(pod.obj):
        used = view.over_quota(settings.namespace, volume.claim)
        if used is not None:
            yield from _read_only(volume, used, settings)


def _read_only(volume: ClaimVolume, used: str, settings: NamespaceSettings) -> Iterator[Outcome]:
    name = f"spec.volumes[{volume.name}].persistentVolumeClaim.readOnly"
    if volume.read_only:
        yield Kept(name, "it is read-only already")
        return
    pointer = ("spec", "volumes", volume.index, "persistentVolumeClaim", "readOnly")
    yield Filled(Field(name, pointer), True, f"overQuota of {settings.profile.rule}")
    yield Warned(
        f"{_told(volume, used)}: this Pod gets it read-only ({settings.profile.rule}); one created when it uses less "
        "can write again"
    )


def refuse_over_quota(pod: Proposed, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """Refuse a new Pod with claims that are over their size, where the profile says `overQuota: block`."""
    if settings.profile.over_quota != "block":
        return
    for volume in claim_volumes(pod.obj):
        used = view.over_quota(settings.namespace, volume.claim)
        if used is not None:
            message = f"{_told(volume, used)}; {settings.profile.rule} starts no Pod with such a claim"
            yield Denied(f"spec.volumes[{volume.name}]", f"{message}: {_ways_out(view.policy)}")


def _ways_out(policy: Policy) -> str:
    person = f", or ask {policy.contact} for more" if policy.contact else ""
    return (
        "delete what is not needed from a Pod that runs already, or ask for a larger size in "
        f"spec.resources.requests.storage{person}"
    )


def _told(volume: ClaimVolume, used: str) -> str:
    return f"volume {volume.name}: claim {volume.claim} uses {used or 'more than its size'}"
