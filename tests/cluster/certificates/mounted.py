"""A Secret's entries as files that follow it, as a kubelet mounts them."""

import base64
import os
import random
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from kube import resources
from kube.client import Client
from kube.errors import ApiError
from policy.shapes import Json

_LOOK_SECONDS = 0.2


class MountedSecret:
    """Files in `directory` for some entries of a Secret; each change comes up to `lag` seconds late.

    All of them change in one instant, by a link that is renamed, as the kubelet's AtomicWriter has it:
    https://pkg.go.dev/k8s.io/kubernetes/pkg/volume/util#AtomicWriter
    """

    def __init__(self, client: Client, secret: tuple[str, str], entries: Sequence[str], directory: Path) -> None:
        self._client = client
        self._name, self._namespace = secret
        self._entries = entries
        self._directory = directory
        self._version: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"mounted-{directory.name}", daemon=True)
        self.lag = 0.0

    def start(self, lag: float) -> None:
        """Begin to follow."""
        self._directory.mkdir(parents=True)
        self.lag = lag
        self._thread.start()

    def stop(self) -> None:
        """End; the files stay."""
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            try:
                secret = self._client.get(resources.SECRETS, self._name, self._namespace)
            except ApiError:
                continue
            version = secret["metadata"]["resourceVersion"]
            complete = all(entry in secret.get("data", {}) for entry in self._entries)
            if version != self._version and complete and not self._stop.wait(random.uniform(0, self.lag)):
                self._version = version
                self._write(secret, version)

    def _write(self, secret: Json, version: str) -> None:
        fresh = self._directory / f"..{version}"
        fresh.mkdir()
        for entry in self._entries:
            (fresh / entry).write_bytes(base64.b64decode(secret["data"][entry]))
        current = self._directory / "..data"
        earlier = current.resolve() if current.exists() else None
        (self._directory / "..data_tmp").symlink_to(fresh.name)
        (self._directory / "..data_tmp").rename(current)
        for entry in self._entries:
            if not os.path.lexists(self._directory / entry):
                (self._directory / entry).symlink_to(Path("..data") / entry)
        if earlier:
            shutil.rmtree(earlier)
