"""Getting hold of everything ahead, so that nobody waits for it later."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from testbed.image.image import obtain_image
from testbed.nfs_server.server import obtain_server
from testbed.parts import Substitutions, TestbedOptions, obtain_parts


def prepare(substitutions: Substitutions) -> None:
    """Fetch and build what testbeds need, and the image; starts nothing. Where one cannot be had, a note says so.

    Raises `PartUnavailable` where the Kubernetes programs cannot be had.
    """
    with ThreadPoolExecutor() as pool, tempfile.TemporaryDirectory() as folder:
        # The one compiles on all cores, the other waits for package indexes.
        build_image = partial(obtain_image, substitutions.progress)
        image = pool.submit(substitutions.obtain, build_image, "nothing runs from the image")
        obtain_parts(Path(folder), TestbedOptions(), substitutions)
        substitutions.obtain(partial(obtain_server, substitutions.progress), "no kernel serves an export")
        image.result()
