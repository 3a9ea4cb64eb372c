"""Which kernel module files to load, in which order."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

# What a node needs beyond what is built into the guest's kernel: the NFS client, layered images, Pods' network.
WANTED: Final = ("nfsv4", "overlay", "veth")


def load_order(modules_dep: str, wanted: Iterable[str]) -> list[str]:
    """The files to load so that each comes after what it depends on, from the text of depmod's modules.dep(5).

    Raises KeyError where a wanted module is not listed.
    """
    needs: dict[str, list[str]] = {}
    for line in modules_dep.splitlines():
        file, _, others = line.partition(":")
        needs[file] = others.split()
    by_name = {Path(file).name.partition(".")[0]: file for file in needs}
    ordered: dict[str, None] = {}
    for name in wanted:
        _visit(by_name[name], needs, ordered)
    return list(ordered)


def _visit(file: str, needs: dict[str, list[str]], ordered: dict[str, None]) -> None:
    if file not in ordered:
        for needed in reversed(needs[file]):
            _visit(needed, needs, ordered)
        ordered[file] = None
