"""What the image is made of: the files of the checkout that `.dockerignore` lets through."""

import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from testbed.cache import cache_key

CHECKOUT: Final = Path(__file__).resolve().parents[2]
_BESIDE: Final = ("Dockerfile", ".dockerignore")


def copy_context(target: Path, checkout: Path) -> str:
    """Copy the files into the folder `target`; returns a key for their content.

    The image is built from the copy, so that what the key tells is what was built, also where somebody is editing.
    """
    parts: list[str | bytes] = []
    for path in sorted(context_files(checkout)):
        name = path.relative_to(checkout).as_posix()
        copied = target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
        parts += [name, copied.read_bytes()]
    return cache_key(*parts)


def context_files(checkout: Path) -> Iterator[Path]:
    """The Dockerfile, `.dockerignore`, and what the latter lets through."""
    rules = [line for line in (checkout / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    left_out = [rule.removeprefix("**/") for rule in rules if rule[0] != "!" and rule != "*"]
    yield from (checkout / name for name in _BESIDE)
    for rule in rules:
        if rule.startswith("!"):
            yield from (path for path in _files(checkout / rule[1:]) if not _matches(path, checkout, left_out))


def _files(path: Path) -> list[Path]:
    return [found for found in path.rglob("*") if found.is_file()] if path.is_dir() else [path]


def _matches(path: Path, checkout: Path, patterns: list[str]) -> bool:
    relative = path.relative_to(checkout)
    return any(fnmatch(str(relative), rule) or any(fnmatch(part, rule) for part in relative.parts) for rule in patterns)
