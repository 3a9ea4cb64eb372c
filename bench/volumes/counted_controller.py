"""An export's controller that counts how often it opens each directory. A program, not a module.

It is the real controller in all else. At its end it writes the counts to a file, as a JSON object by name. What is done
for objects counts; that the use of volumes is measured, every ten minutes and by threads of its own, does not.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.volumes.cluster import EXPORT
from controller.options import ControllerOptions, Seams
from controller.program import run_controller

_OPENING: Final = frozenset({"open_child", "open_listable", "make_child"})
"""The calls by which a directory is entered, or made; each has the parent and the name."""


LANE: Final = "export-"
"""What is asked of an export runs in threads whose names begin so."""


class Counting:
    """Does what `real` does, and counts by name what is opened on the way in a lane."""

    def __init__(self, real: Any, counts: Counter[str]) -> None:
        self._real, self._counts = real, counts

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._real, name)
        if name not in _OPENING:
            return method

        def counted(parent: int, child: str, *rest: Any) -> Any:
            if threading.current_thread().name.startswith(LANE):
                self._counts[child] += 1
            return method(parent, child, *rest)

        return counted


def main(policy: str, root: str, health_port: str, counts_file: str) -> int:
    """Run until SIGTERM."""
    counts: Counter[str] = Counter()
    options = ControllerOptions(policy=Path(policy), exports={EXPORT: Path(root)}, health_port=int(health_port))
    status = run_controller(options, Seams(operations=lambda real: Counting(real, counts)))
    Path(counts_file).write_text(json.dumps(counts))
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
