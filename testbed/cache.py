"""What is made once and kept in `~/.cache/nfs-steward`: programs, unpacked packages, a Go toolchain.

Each thing has a folder of its own, named by a hash of what determines it, so that another version never meets the
old one's files. It is made in a folder beside it and renamed into place whole: whoever finds it finds all of it.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_KEY_LENGTH = 16


def cache_root() -> Path:
    """The folder for everything cached, as the XDG base directory specification places it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nfs-steward"


def cache_key(*parts: str | bytes) -> str:
    """A short name for the content that `parts` determine."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:_KEY_LENGTH]


def cached(name: str, key: str, make: Callable[[Path], None], say: Callable[[str], None] | None = None) -> Path:
    """The folder `<cache>/<key>/<name>`, made by calling `make` with an empty folder where it is not there yet.

    Several processes may ask at once: one makes it, the others wait, and `say` so. Nothing is kept of what `make` did
    when it raises.
    """
    place = cache_root() / key / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.with_name(f"{name}.lock"), lambda: say and say(f"waiting for another process to make {place}")):
        if not place.is_dir():
            _make(place, make)
    return place


def _make(place: Path, make: Callable[[Path], None]) -> None:
    for abandoned in place.parent.glob(f"{place.name}.making-*"):  # by one who was killed: we hold the lock now
        shutil.rmtree(abandoned, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{place.name}.making-", dir=place.parent))
    try:
        make(unfinished)
        unfinished.chmod(0o755)  # mkdtemp's 0700 would hide it from programs that give up root
        unfinished.rename(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


@contextmanager
def locked(path: Path, before_waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold an exclusive lock, a file, waiting for it; the kernel frees it when its holder dies."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            before_waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
