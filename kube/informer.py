"""A local picture of a collection of objects, kept current by a list and a watch.

Why not the `kubernetes` client's own: docs/notes-on-the-client.md.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar, Unpack

from kube.cache import Cache, Change, Key, key_of
from kube.client import Client
from kube.options import Selection
from kube.reflector import USUAL_TIMES, Collection, InformerTimes, Reflector
from kube.resources import Resource
from policy.shapes import Json

__all__ = ["Change", "Informer", "InformerTimes", "Key"]

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)
_JOIN_SECONDS: Final = 5.0


class Informer(Generic[T]):
    """Keeps `keep(obj)` of every object of a collection; nothing of those for which `keep` gives `None` or raises.

    `on_change` is called after the picture has changed, in the informer's thread: it should be quick; what it raises
    is logged. An object of which the same is kept as before makes no change. Start it after a fork, not before.
    """

    def __init__(
        self,
        client: Client,
        resource: Resource,
        keep: Callable[[Json], T | None],
        *,
        namespace: str | None = None,
        on_change: Callable[[Change[T]], None] | None = None,
        times: InformerTimes = USUAL_TIMES,
        **selection: Unpack[Selection],
    ) -> None:
        self.resource = resource
        self._picture = _Picture(keep, on_change)
        self._reflector = Reflector(Collection(client, resource, namespace, selection), self._picture, times)
        self._stopping = threading.Event()
        name = f"informer-{resource.plural}"
        self._thread = threading.Thread(target=self._reflector.run, args=(self._stopping,), name=name, daemon=True)

    @property
    def synced(self) -> bool:
        """Whether the picture has been complete once, and `on_change` has heard of all in it. From then on it is at
        worst out of date.
        """
        return self._picture.complete.is_set()

    @property
    def last_contact(self) -> float | None:
        """Seconds since the server last said something, or `None` before the first time. A server that is well says
        something about every minute.
        """
        return self._reflector.last_contact

    @property
    def failure(self) -> str | None:
        """What has gone wrong since the server last said something, for people."""
        return self._reflector.failure

    def get(self, name: str, namespace: str | None = None) -> T | None:
        """What is kept of one object, or `None`."""
        return self._picture.cache.get(Key(namespace, name))

    def items(self) -> list[T]:
        """All that is kept, as of one moment."""
        return self._picture.cache.values()

    def start(self) -> None:
        """Begin, in a thread of its own. An informer is started once."""
        self._thread.start()

    def stop(self) -> None:
        """End. Returns when the thread has ended, or after 5 s if it hangs in a call. The picture stays readable."""
        self._stopping.set()
        self._reflector.interrupt()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def wait_synced(self, timeout: float) -> bool:
        """Wait until `synced`, for `timeout` seconds at most; whether it is."""
        return self._picture.complete.wait(timeout)


class _Picture(Generic[T]):
    """The reflector's sink: reduces objects to what is kept of them and tells the listener of changes."""

    def __init__(self, keep: Callable[[Json], T | None], on_change: Callable[[Change[T]], None] | None) -> None:
        self.cache: Cache[T] = Cache()
        self.complete = threading.Event()
        self._keep = keep
        self._on_change = on_change

    def replace(self, objects: Iterator[Json]) -> None:
        fresh = {key_of(obj): self._kept(obj) for obj in objects}
        changes = self.cache.replace({key: kept for key, kept in fresh.items() if kept is not None})
        for change in changes:
            self._tell(change)
        self.complete.set()

    def put(self, obj: Json) -> None:
        self._tell(self.cache.put(key_of(obj), self._kept(obj)))

    def remove(self, obj: Json) -> None:
        self._tell(self.cache.put(key_of(obj), None))

    def _kept(self, obj: Json) -> T | None:
        try:
            return self._keep(obj)
        except Exception:
            _LOG.exception("object left out", extra={"keys": {"kind": obj.get("kind"), "object": key_of(obj)}})
            return None

    def _tell(self, change: Change[T] | None) -> None:
        if change is None or self._on_change is None:
            return
        try:
            self._on_change(change)
        except Exception:
            _LOG.exception("change handler raised", extra={"keys": {"change": change.kind, "object": change.key}})
