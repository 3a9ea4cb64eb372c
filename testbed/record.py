"""What a testbed leaves in its folder about itself, so that another process can use it and end it."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from testbed.errors import TestbedError
from testbed.export import discard_folder
from testbed.supervision.identity import ProcessIdentity

FILE: Final = "testbed.json"
# What a testbed makes in its folder and takes away again. `logs` and `export` stay: somebody may want to read them.
_OWN: Final = (FILE, "kubeconfig", "env", "bin", "control-plane", "nfs", "node", "pods", "product")
_GRACE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """A testbed that was left running: its supervisor, and every process that the supervisor started."""

    supervisor: ProcessIdentity
    processes: tuple[ProcessIdentity, ...]
    export_root: str
    real_node: bool
    notes: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Leave it in the testbed's folder."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Record | None":
        """The record in a folder; None where there is none. Raises `TestbedError` for one that cannot be read."""
        try:
            found = json.loads((folder / FILE).read_text())
            return cls(
                supervisor=ProcessIdentity(**found["supervisor"]),
                processes=tuple(ProcessIdentity(**one) for one in found["processes"]),
                export_root=found["export_root"],
                real_node=found["real_node"],
                notes=tuple(found["notes"]),
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as problem:
            raise TestbedError(f"{folder / FILE} cannot be read: {problem!r}; was it edited?") from problem

    def running(self) -> bool:
        """Whether the testbed is still up."""
        return self.supervisor.alive()


def end(folder: Path) -> bool:
    """End the testbed that was left running in `folder`, and exactly that; its logs and exported files stay.

    Returns whether it was still running. Raises `TestbedError` where no testbed was left in that folder.
    """
    record = Record.read(folder)
    if record is None:
        raise TestbedError(f"no testbed was left running in {folder}: there is no {FILE}")
    was_running = record.running()
    record.supervisor.end(_GRACE)
    for process in record.processes:  # none is left unless the supervisor was killed in an unusual way
        process.end(0)
    discard_folder(Path(record.export_root))
    clear(folder)
    return was_running


def clear(folder: Path) -> None:
    """Remove what a testbed made in its folder, but for logs and exported files."""
    for name in _OWN:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
