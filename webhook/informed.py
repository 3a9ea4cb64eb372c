"""The view that follows a living cluster: informers on what every review needs, single reads for the rest.

Namespaces, StorageClasses and the ledger of gids are watched; our quotas unless the policy switches limits off;
CSIDrivers where a profile rewrites to CSI, and claims that use more than their size where a profile acts on them. A
namespace that the watch has not brought yet, the claim of a volume and the volume that a claim names are read one at a
time.
"""

import time
from dataclasses import dataclass
from typing import Any, Final

from kube import resources
from kube.client import Client
from kube.errors import NotFound
from kube.informer import Informer
from kube.ondemand import OnDemand
from kube.resources import Resource
from policy import keys
from policy.classes import StorageClass, cluster_default, storage_class_of
from policy.exports import ManagedExports
from policy.gids import read_ledger
from policy.marks import over_quota
from policy.model import Policy
from policy.profiles import NamespaceSettings, settings_for
from policy.shapes import Json
from runtime.health import CheckResult, Failing, Passing
from runtime.policyfile import PolicyFile
from webhook.bounds import Bounds, bounds_of
from webhook.errors import ClusterUnknown
from webhook.kept import NOT_OPTED_IN, KnownNamespace, known_namespace, limited_names, lists_ephemeral

# Two of them, one after the other, still leave an answer time within a webhook's `timeoutSeconds` of 2.
READ_SECONDS: Final = 0.75

_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class _InForce:
    """A policy, and what follows from it for everybody."""

    policy: Policy
    exports: ManagedExports


class InformedCluster:
    """A view of the cluster that `client` talks to, by the policy in `policy_file`. Start it after a fork.

    The ledger of gids is in `namespace`, nfs-steward's own.
    """

    def __init__(self, client: Client, policy_file: PolicyFile, namespace: str) -> None:
        self._client = client
        self._policy_file = policy_file
        self._in_force = _InForce(policy_file.current, ManagedExports(policy_file.current.exports))
        self._namespaces = Informer(client, resources.NAMESPACES, known_namespace, metadata_only=True)
        self._classes = Informer(client, resources.STORAGE_CLASSES, storage_class_of)
        self._home = namespace
        self._ledger = Informer(
            client,
            resources.CONFIG_MAPS,
            read_ledger,
            namespace=namespace,
            field_selector=f"metadata.name={keys.GID_LEDGER}",
        )
        self._drivers = OnDemand(_rewrites, lambda: Informer(client, resources.CSI_DRIVERS, lists_ephemeral))
        self._quotas = OnDemand(_limits, lambda: _our_quotas(client))
        self._full_claims = OnDemand(_acts_on_full_claims, lambda: _full_claims(client))

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._now().policy

    @property
    def exports(self) -> ManagedExports:
        """The exports of that policy."""
        return self._now().exports

    def settings(self, namespace: str, *, selected: bool = False) -> NamespaceSettings | None:
        """What holds in the namespace. One that is not known yet is asked for, and not remembered; likewise one that
        the API server knows to be opted in and we do not: its watch was faster than ours.
        """
        policy = self._now().policy
        known = self._namespaces.get(namespace)
        if known is None or (selected and known is NOT_OPTED_IN):
            known = self._ask(namespace)
        worked_out = known.worked_out
        if worked_out is None or worked_out[0] is not policy:
            worked_out = known.worked_out = (policy, settings_for(policy, namespace, known.labels))
        return worked_out[1]

    def default_class(self) -> str | None:
        """The class that the API server puts on a claim that names none."""
        return cluster_default(self._all_classes().items())

    def class_exists(self, name: str) -> bool:
        """Whether there is a StorageClass of this name."""
        return self._all_classes().get(name) is not None

    def csi_ephemeral(self) -> bool:
        """Whether the NFS CSI driver is known to list `Ephemeral`."""
        return bool(self._drivers.get(keys.NFS_CSI_DRIVER))

    def gid(self, namespace: str) -> int | None:
        """The gid of an opted-in namespace, as far as the watches have brought both it and the ledger."""
        known, ledger = self._namespaces.get(namespace), self._ledger.get(keys.GID_LEDGER, self._home)
        return ledger.gid_of(namespace, known.uid) if known and ledger else None

    def bounds(self, settings: NamespaceSettings) -> Bounds:
        """What follows from the settings, which is remembered for as long as they are."""
        known = self._namespaces.get(settings.namespace)
        remembered = known.bounds if known else None
        if remembered is not None and remembered[0] is settings:
            return remembered[1]
        bounds = bounds_of(settings)
        if known is not None:
            known.bounds = (settings, bounds)
        return bounds

    def limited(self, namespace: str) -> frozenset[str]:
        """What the namespace's quota limits, as far as the watch has brought it."""
        return self._quotas.get(keys.LIMITS, namespace) or _NOTHING

    def over_quota(self, namespace: str, claim: str) -> str | None:
        """What the mark on a claim says, as far as the watch has brought it."""
        return self._full_claims.get(claim, namespace)

    def claim(self, namespace: str, name: str) -> Json | None:
        """One claim, read from the API server."""
        return self._read(resources.CLAIMS, name, namespace)

    def volume(self, name: str) -> Json | None:
        """One volume, read from the API server."""
        return self._read(resources.VOLUMES, name)

    def start(self) -> None:
        """Begin to watch, in threads of its own."""
        self._namespaces.start()
        self._classes.start()
        self._ledger.start()
        for demanded in self._on_demand():
            self._policy_file.on_change(demanded.follow)
            demanded.follow(self._policy_file.current)

    def stop(self) -> None:
        """Watch no more."""
        for informer in self._watched():
            informer.stop()

    def wait_synced(self, timeout: float) -> bool:
        """Wait until all that is watched has been seen once, for `timeout` seconds at most; whether it has."""
        end = time.monotonic() + timeout
        return all(informer.wait_synced(max(end - time.monotonic(), 0.0)) for informer in self._watched())

    def check(self) -> CheckResult:
        """Whether all that is watched has been seen."""
        missing = [informer for informer in self._watched() if not informer.synced]
        if not missing:
            return Passing()
        return Failing("; ".join(f"no list of {each.resource.plural} yet ({each.failure})" for each in missing))

    def _now(self) -> _InForce:
        """What follows from the policy as it is now; worked out anew when that has changed."""
        policy = self._policy_file.current
        in_force = self._in_force
        if in_force.policy is not policy:
            in_force = self._in_force = _InForce(policy, ManagedExports(policy.exports))
        return in_force

    def _ask(self, namespace: str) -> KnownNamespace:
        found = self._read(resources.NAMESPACES, namespace, metadata_only=True)
        return NOT_OPTED_IN if found is None else known_namespace(found)

    def _read(
        self, resource: Resource, name: str, namespace: str | None = None, *, metadata_only: bool = False
    ) -> Json | None:
        try:
            return self._client.get(resource, name, namespace, timeout=READ_SECONDS, metadata_only=metadata_only)
        except NotFound:
            return None

    def _all_classes(self) -> Informer[StorageClass]:
        """The classes; raises `ClusterUnknown` as long as an empty list would only mean that none was seen yet."""
        if not self._classes.synced:
            raise ClusterUnknown(
                f"the StorageClasses have not been listed yet ({self._classes.failure or 'just started'})"
            )
        return self._classes

    def _watched(self) -> list[Informer[Any]]:
        always: list[Informer[Any]] = [self._namespaces, self._classes, self._ledger]
        demanded = (each.informer for each in self._on_demand())
        return [*always, *(informer for informer in demanded if informer is not None)]

    def _on_demand(self) -> tuple[OnDemand[Any], ...]:
        return self._drivers, self._quotas, self._full_claims


def _rewrites(policy: Policy) -> bool:
    return any(profile.inline_volumes == "csi" for profile in policy.profiles)


def _limits(policy: Policy) -> bool:
    # Any namespace may have a quota, if only by its labels.
    return policy.limits


def _our_quotas(client: Client) -> Informer[frozenset[str]]:
    # By the label, too: what somebody else made under our name says nothing of what our own will hold claims to.
    by_name, by_label = keys.LIMITS_BY_NAME, keys.LIMITS_BY_LABEL
    return Informer(client, resources.RESOURCE_QUOTAS, limited_names, field_selector=by_name, label_selector=by_label)


def _acts_on_full_claims(policy: Policy) -> bool:
    return any(profile.over_quota != "warn" for profile in policy.profiles)


def _full_claims(client: Client) -> Informer[str]:
    label = f"{keys.OVER_QUOTA}={keys.OVER_QUOTA_TRUE}"
    return Informer(client, resources.CLAIMS, over_quota, metadata_only=True, label_selector=label)
