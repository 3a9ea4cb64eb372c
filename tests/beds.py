"""Getting hold of what tests stand on, or skipping them: a testbed, an image."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import pytest

from testbed.bed import Testbed
from testbed.errors import PartUnavailable
from testbed.nfs_server.server import NfsServer
from testbed.parts import TestbedOptions
from testbed.supervision.client import Supervisor

T = TypeVar("T")

REQUIRE_ALL: Final = os.environ.get("REQUIRE_ALL") == "1"
"""What cannot be had here is a failure."""


def obtained(request: pytest.FixtureRequest, obtain: Callable[[], T]) -> T:
    """What `obtain` returns; what it says meanwhile is seen at once. Skips where it raises `PartUnavailable`."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            return obtain()
    except PartUnavailable as problem:
        pytest.skip(str(problem))


@contextmanager
def running_bed(
    request: pytest.FixtureRequest, folder: Path, options: TestbedOptions | None = None
) -> Iterator[Testbed]:
    """A testbed in `folder`, for as long as the block lasts. Skips where there can be no control plane."""
    options = replace(options or TestbedOptions(), require_all=REQUIRE_ALL)
    bed = obtained(request, partial(Testbed.up, folder, options))
    try:
        yield bed
    finally:
        bed.down()


@contextmanager
def launched_server(request: pytest.FixtureRequest, folder: Path) -> Iterator[NfsServer]:
    """A kernel NFS server, not ready yet, with its files in `folder`, for as long as the block lasts. Skips where there
    can be none.
    """
    supervisor = Supervisor()
    try:
        yield obtained(request, partial(NfsServer.launch, folder, supervisor))
    finally:
        supervisor.close()
