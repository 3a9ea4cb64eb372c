"""Where the controller writes to the API. What is about the webhook's certificate is written by
`controller.certificates.effects`; the only other place with effects is `controller.export`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from controller.decisions.actions import (
    ApiEffect,
    CreateVolume,
    DeleteLimits,
    DeleteVolume,
    PatchEffect,
    RecordGids,
    Tell,
    WriteLimits,
)
from controller.told import RecentlyTold
from kube import resources
from kube.client import Client
from kube.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from kube.events import EventRecorder
from policy import keys
from policy.errors import StewardError
from policy.shapes import Json, text


class ChangedMeanwhile(StewardError):
    """The object is not as it was when the decision was made: look at it again."""


class EffectRefused(StewardError):
    """The API does not allow it: a quota, an admission plugin, a missing right. The text is the API's own sentence."""


class ApiGateway(Protocol):
    """Every write for claims, volumes, Pods and the limits of namespaces. Each is a single call, so that a process may
    die between any two.
    """

    def perform(self, effect: ApiEffect) -> None:
        """Have one effect; raises `ChangedMeanwhile`, `EffectRefused`, or `ApiError` for what may pass."""
        ...

    def tell(self, event: Tell) -> None:
        """Record an Event, in the background; never raises."""
        ...


class ClusterGateway:
    """The real API. What is nfs-steward's own is in `namespace`."""

    def __init__(self, client: Client, namespace: str, recorder: EventRecorder, clock: Callable[[], float]) -> None:
        self._client = client
        self._namespace = namespace
        self._recorder = recorder
        self._told = RecentlyTold(clock)

    def perform(self, effect: ApiEffect) -> None:
        """See `ApiGateway`."""
        with explained():
            if isinstance(effect, CreateVolume):
                self._create_volume(effect.volume)
            elif isinstance(effect, DeleteVolume):
                self._delete_volume(effect)
            elif isinstance(effect, RecordGids):
                self._record_gids(effect)
            elif isinstance(effect, WriteLimits):
                self._write_limits(effect)
            elif isinstance(effect, DeleteLimits):
                self._delete_limits(effect)
            else:
                self._patch(effect)

    def tell(self, event: Tell) -> None:
        """See `ApiGateway`; what was told a short while ago is not told again."""
        if self._told.is_news(event):
            self._recorder.record(event.about, event.type, event.reason, event.message)

    def _create_volume(self, volume: Json) -> None:
        """A name that is taken means that somebody else, or an earlier life of ours, was faster."""
        with _refused_where_invalid():
            self._client.create(resources.VOLUMES, volume)

    def _record_gids(self, effect: RecordGids) -> None:
        """Only the entries are sent, so that all else in the ledger stays, whoever wrote it. The version makes the API
        server refuse them, as a conflict, where anything has changed.
        """
        name, entries = keys.GID_LEDGER, dict(effect.entries)
        with _refused_where_invalid():
            if effect.version:
                changes = {"metadata": {"resourceVersion": effect.version}, "data": entries}
                self._client.patch(resources.CONFIG_MAPS, name, changes, self._namespace, type="merge")
            else:
                ledger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": entries}
                self._client.create(resources.CONFIG_MAPS, ledger, self._namespace)

    def _write_limits(self, effect: WriteLimits) -> None:
        put = self._client.replace if text(effect.wanted, "metadata", "resourceVersion") else self._client.create
        with _refused_where_invalid():
            put(effect.resource, effect.wanted)

    def _delete_limits(self, effect: DeleteLimits) -> None:
        with suppress(NotFound):
            namespace = effect.about.name
            self._client.delete(effect.resource, keys.LIMITS, namespace, uid=effect.uid, version=effect.version)

    def _delete_volume(self, effect: DeleteVolume) -> None:
        """One that is gone already was somebody else's to delete, or an earlier life's of ours."""
        with suppress(NotFound):
            self._client.delete(resources.VOLUMES, effect.about.name, uid=effect.about.uid)

    def _patch(self, effect: PatchEffect) -> None:
        about = effect.about
        self._client.patch(
            effect.resource, about.name, effect.patch, about.namespace, subresource=effect.subresource, type="json"
        )


@contextmanager
def explained() -> Iterator[None]:
    """Turn the API's answers within the block into `ChangedMeanwhile` and `EffectRefused`.

    A JSON Patch whose test fails is answered with 422, `Invalid`.
    """
    try:
        yield
    except (AlreadyExists, Conflict, NotFound, Invalid) as error:
        raise ChangedMeanwhile(str(error)) from error
    except Forbidden as error:
        raise EffectRefused(error.message) from error


@contextmanager
def _refused_where_invalid() -> Iterator[None]:
    """Turn 422 within the block into `EffectRefused`: there is no test that could fail, so it is about what is sent."""
    try:
        yield
    except Invalid as error:
        raise EffectRefused(error.message) from error
