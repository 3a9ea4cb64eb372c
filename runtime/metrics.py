"""Prometheus metrics of one process, or of a server and the workers it forks.

Several processes keep their values in files that the one asked for `/metrics` adds up. Such a file outlives its
process, so counters never go back when a worker dies; a gauge says by its `multiprocess_mode` what becomes of it
(`livemin`: the smallest value among the workers that live). Such a gauge must be made after the fork: one made before
has a value in the parent too, which nobody sets and which counts as 0.
https://prometheus.github.io/client_python/multiprocess/
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_DIRECTORY_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The metrics of this process alone. Metric objects are made with `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def exposition(self) -> bytes:
        """All metrics in the text format, to be sent as CONTENT_TYPE."""
        return generate_latest(self.registry)


class SharedMetrics(Metrics):
    """The metrics of a server and its workers, kept in files of `directory`. See `shared_metrics`."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def exposition(self) -> bytes:
        """The metrics of all processes together, those of the dead included as far as they still count."""
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, str(self._directory))  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def worker_ended(self, pid: int) -> None:
        """Forget the gauges that counted only while this worker lived. For the parent to call, in `child_exit`."""
        mark_process_dead(pid, str(self._directory))  # type: ignore[no-untyped-call]


@contextmanager
def shared_metrics() -> Iterator[SharedMetrics]:
    """From here on, every metric object made in this process or in one that it forks is shared between them.

    To be entered before the first metric object is made; the files are removed at the end, by this process alone.
    """
    directory = tempfile.mkdtemp(prefix="nfs-steward-metrics-")
    owner = os.getpid()
    earlier = values.ValueClass
    os.environ[_DIRECTORY_VARIABLE] = directory
    # The library looks at the variable when it is first imported. Choosing here what it would have chosen frees all
    # modules from having to be imported in a certain order.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    try:
        yield SharedMetrics(Path(directory))
    finally:
        if os.getpid() == owner:
            values.ValueClass = earlier
            del os.environ[_DIRECTORY_VARIABLE]
            shutil.rmtree(directory, ignore_errors=True)
