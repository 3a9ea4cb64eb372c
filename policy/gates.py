"""The scheduling gates that hold a Pod back until the directories of its inline volumes are there.

One controller serves each export. A Pod on one export carries the plain gate. A Pod on several carries, in addition,
one gate for each of them: each controller lifts its own, and the last one to be done lifts the plain gate as well.
"""

from collections.abc import Collection, Sequence

from policy.keys import DIRECTORY_GATE

_ONE_EXPORT = f"{DIRECTORY_GATE}-"


def export_gate(export: str) -> str:
    """The gate that stands for one export, by name, on a Pod that waits for several."""
    return _ONE_EXPORT + export


def gates_for(exports: Collection[str]) -> tuple[str, ...]:
    """The gates that a Pod gets whose inline volumes lie on these exports."""
    names = sorted(set(exports))
    if len(names) < 2:
        return (DIRECTORY_GATE,) if names else ()
    return (DIRECTORY_GATE, *map(export_gate, names))


def gates_to_lift(present: Sequence[str], own_export: str, touched: Collection[str]) -> tuple[str, ...]:
    """The gates that come off a Pod once `own_export` has all its directories.

    `present` are the Pod's gates, `touched` the exports that its inline volumes lie on. A gate for an export that they
    do not lie on (any more, since the policy can change) holds nothing back, and comes off with the last one.
    """
    ours = tuple(gate for gate in present if gate == DIRECTORY_GATE or gate.startswith(_ONE_EXPORT))
    waiting = {export_gate(export) for export in touched if export != own_export}.intersection(present)
    if not waiting:
        return ours
    return tuple(gate for gate in ours if gate == export_gate(own_export))
