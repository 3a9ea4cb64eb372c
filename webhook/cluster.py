"""What the rules may ask about the cluster: a protocol, and a still life of it.

The view that follows a living cluster is `webhook.informed`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from policy.exports import ManagedExports
from policy.marks import over_quota
from policy.model import Policy
from policy.profiles import NamespaceSettings, settings_for
from policy.shapes import Json, text
from webhook.bounds import Bounds, bounds_of


class ClusterView(Protocol):
    """The cluster as the rules see it. Any method may raise `StewardError` where the answer cannot be had."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""

    @property
    def exports(self) -> ManagedExports:
        """The exports of that policy."""

    def settings(self, namespace: str, *, selected: bool = False) -> NamespaceSettings | None:
        """What holds in `namespace`; None where it is not opted in, or does not exist.

        `selected`: the API server found it opted in, or it would not ask; who knows it otherwise makes sure.
        """

    def default_class(self) -> str | None:
        """The class that the API server puts on a claim that names none."""

    def class_exists(self, name: str) -> bool:
        """Whether there is a StorageClass of this name."""

    def csi_ephemeral(self) -> bool:
        """Whether the NFS CSI driver is installed and lists `Ephemeral` among its volumeLifecycleModes."""

    def gid(self, namespace: str) -> int | None:
        """The gid of the namespace's own; None where it has none yet, or none is known."""

    def bounds(self, settings: NamespaceSettings) -> Bounds:
        """What follows from a namespace's settings for the size and the number of its claims."""

    def limited(self, namespace: str) -> AbstractSet[str]:
        """What the namespace's ResourceQuota is known to limit: the names in its `status.hard`; none: not in force."""

    def over_quota(self, namespace: str, claim: str) -> str | None:
        """How much a claim uses that is marked as over its size, for people; None where it is not known to be."""

    def claim(self, namespace: str, name: str) -> Json | None:
        """One claim, raw; None where there is none."""

    def volume(self, name: str) -> Json | None:
        """One volume, raw; None where there is none."""


@dataclass(frozen=True)
class StillCluster:
    """A cluster of which everything is known beforehand, and nothing changes.

    `namespaces` maps names to labels, `gids` names to gids, `quotas` names to what is limited there. Without `classes`
    every class is taken to exist, without `quotas` every quota to be in force.
    """

    policy: Policy
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cluster_default: str | None = None
    classes: frozenset[str] | None = None
    inline_csi: bool = True
    claims: tuple[Json, ...] = ()
    volumes: tuple[Json, ...] = ()
    gids: Mapping[str, int] = field(default_factory=dict)
    quotas: Mapping[str, AbstractSet[str]] | None = None

    @cached_property
    def exports(self) -> ManagedExports:
        """The exports of the policy."""
        return ManagedExports(self.policy.exports)

    def settings(self, namespace: str, *, selected: bool = False) -> NamespaceSettings | None:  # noqa: ARG002
        """What the namespace's labels and the policy make of it."""
        labels = self.namespaces.get(namespace)
        return None if labels is None else settings_for(self.policy, namespace, labels)

    def default_class(self) -> str | None:
        """The class given as the default."""
        return self.cluster_default

    def class_exists(self, name: str) -> bool:
        """Whether the class was given, or none were."""
        return self.classes is None or name in self.classes

    def csi_ephemeral(self) -> bool:
        """What was given."""
        return self.inline_csi

    def gid(self, namespace: str) -> int | None:
        """What was given."""
        return self.gids.get(namespace)

    def bounds(self, settings: NamespaceSettings) -> Bounds:
        """What follows from the settings."""
        return bounds_of(settings)

    def limited(self, namespace: str) -> AbstractSet[str]:
        """What was given, else all that the namespace's quota has to limit."""
        if self.quotas is not None:
            return self.quotas.get(namespace, frozenset())
        settings = self.settings(namespace)
        return frozenset() if settings is None else self.bounds(settings).limited

    def over_quota(self, namespace: str, claim: str) -> str | None:
        """What the mark on a claim among those given says."""
        found = self.claim(namespace, claim)
        return None if found is None else over_quota(found)

    def claim(self, namespace: str, name: str) -> Json | None:
        """The claim of that name among those given."""
        named = (claim for claim in self.claims if text(claim, "metadata", "name") == name)
        return next((claim for claim in named if text(claim, "metadata", "namespace") == namespace), None)

    def volume(self, name: str) -> Json | None:
        """The volume of that name among those given."""
        return next((volume for volume in self.volumes if text(volume, "metadata", "name") == name), None)
