"""Reading what there is to tell, as far as whoever asks may read it. Nothing is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from controller.clusterpolicy import cluster_policy
from kube import resources
from kube.client import Client
from kube.errors import Forbidden, NotFound
from kube.resources import Resource
from policy import keys
from policy.errors import StewardError
from policy.model import DEFAULT_PROFILE_NAME, Policy, Profile
from policy.shapes import Json, text

T = TypeVar("T")

_NO_POLICY: Final = Policy(profiles=(Profile(name=DEFAULT_PROFILE_NAME),))


class NothingToTell(StewardError):
    """There is no such namespace, or no installation to tell of."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what to tell: of one `namespace`, empty for all; by which installation, of this name and in this namespace of
    its own; by a policy that was `given` instead of its own.
    """

    namespace: str
    name: str
    home: str
    given: Policy | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """A part that could not be read, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read; objects are raw. A part that is `unseen` is empty, and says nothing. `namespace`: the one of which
    alone is told, empty for all.
    """

    namespace: str = ""
    policy: Policy = _NO_POLICY
    namespaces: tuple[Json, ...] = ()
    quotas: tuple[Json, ...] = ()
    claims: tuple[Json, ...] = ()
    volumes: tuple[Json, ...] = ()
    leases: tuple[Json, ...] = ()
    unseen: tuple[Unseen, ...] = ()

    def sees(self, what: str) -> bool:
        """Whether a part was read."""
        return all(each.what != what for each in self.unseen)


POLICY: Final = "the policy"
NAMESPACES: Final = "namespaces"
QUOTAS: Final = "ResourceQuotas"
CLAIMS: Final = "PersistentVolumeClaims"
VOLUMES: Final = "PersistentVolumes"
LEASES: Final = "Leases"


@dataclass
class Look:
    """One look at a cluster. Raises `NothingToTell`; and `ApiError` where the API server does not answer at all."""

    client: Client
    asked: Asked
    _unseen: list[Unseen] = field(default_factory=list)

    def look(self) -> Seen:
        """Everything there is to see."""
        asked, within = self.asked, self.asked.namespace or None
        policy = asked.given or self._see(POLICY, self._policy, _NO_POLICY)
        return Seen(
            namespace=asked.namespace,
            policy=policy,
            namespaces=self._see(NAMESPACES, self._namespaces, self._unknown_namespace()),
            quotas=self._see(QUOTAS, lambda: self._all(resources.RESOURCE_QUOTAS, within, keys.LIMITS_BY_NAME), ()),
            claims=self._see(CLAIMS, lambda: self._all(resources.CLAIMS, within), ()),
            volumes=self._see(VOLUMES, lambda: self._all(resources.VOLUMES), ()),
            leases=self._see(LEASES, lambda: self._all(resources.LEASES, asked.home), ()),
            unseen=tuple(self._unseen),
        )

    def _policy(self) -> Policy:
        asked = self.asked
        try:
            return cluster_policy(self.client, asked.name, asked.home)
        except NotFound:
            raise NothingToTell(
                f"nfs-steward is not installed in namespace {asked.home} of this cluster: there is no ConfigMap "
                f"{asked.name}-policy. Where it is elsewhere, or called otherwise, give --namespace and --name"
            ) from None

    def _namespaces(self) -> tuple[Json, ...]:
        name = self.asked.namespace
        if not name:
            return self._all(resources.NAMESPACES)
        try:
            return (self.client.get(resources.NAMESPACES, name),)
        except NotFound:
            raise NothingToTell(f"there is no namespace {name}") from None

    def _unknown_namespace(self) -> tuple[Json, ...]:
        """The one that is asked for, where its labels cannot be read."""
        name = self.asked.namespace
        return ({"metadata": {"name": name}},) if name else ()

    def _all(self, resource: Resource, namespace: str | None = None, fields: str | None = None) -> tuple[Json, ...]:
        return tuple(self.client.list(resource, namespace, field_selector=fields).items)

    def _see(self, what: str, look: Callable[[], T], nothing: T) -> T:
        """What a look sees, and `nothing` where it is forbidden."""
        try:
            return look()
        except Forbidden as error:
            self._unseen.append(Unseen(what, error.message))
            return nothing


def by_namespace(objects: Iterable[Json]) -> dict[str, list[Json]]:
    """The objects of each namespace, in the order of their names."""
    found: dict[str, list[Json]] = {}
    for obj in sorted(objects, key=lambda each: text(each, "metadata", "name") or ""):
        found.setdefault(text(obj, "metadata", "namespace") or "", []).append(obj)
    return found
