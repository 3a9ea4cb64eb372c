"""A load that never stops: claims that are created as fast as they are answered, by several clients at once.

They are admitted, by the webhook too, and not stored: thousands of waiting claims would keep the binder busy for long.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import ApiError
from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.waiting import wait_for
from tests.cluster.objects import whole_claim
from tests.waiting import WITHIN

_CLIENTS: Final = 3
_PAUSE: Final = 0.02  # seconds: on two cores, what is tested needs some of them


@dataclass
class Load:
    """What has become of the claims so far: how many were filled in, and what was said of the others."""

    filled: int = 0
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, failure: str | None) -> None:
        """Write down what became of one claim."""
        with self._lock:
            if failure is None:
                self.filled += 1
            else:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {failure}")

    def wait_for_more(self, claims: int = 20, within: float = WITHIN) -> None:
        """Return when so many more claims have been filled in."""
        enough = self.filled + claims
        wait_for(f"{claims} more claims to be filled in ({self.failures[:3]})", lambda: self.filled >= enough, within)


@contextmanager
def load_on(bed: Testbed, namespace: str, expected_class: str | None = None) -> Iterator[Load]:
    """A load in a namespace, from before the block begins until it ends. Its claims must all be taken and, where
    `expected_class` is given, get that class.
    """
    load, stopping = Load(), threading.Event()

    def create(client: Client) -> str | None:
        wanted = whole_claim("", namespace, meta={"generateName": "load-", "name": None})
        try:
            made = client.create(resources.CLAIMS, wanted, dry_run=True)
        except ApiError as problem:
            return str(problem)
        found = text(made, "spec", "storageClassName")
        return None if expected_class in (None, found) else f"the class {found}"

    def work() -> None:
        client = connect(bed.kubeconfig)
        while not stopping.is_set():
            load.note(create(client))
            stopping.wait(_PAUSE)
        client.close()

    threads = [threading.Thread(target=work, name=f"load-{number}") for number in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        load.wait_for_more()
        yield load
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def restarts(obj: Json) -> dict[str, int]:
    """How often each container of a Pod was restarted, by the Pod's uid and its name."""
    return {
        f"{text(obj, 'metadata', 'uid')}/{status['name']}": status["restartCount"]
        for status in obj["status"]["containerStatuses"]
    }
