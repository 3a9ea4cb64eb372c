"""The story's result as people read it: the table, and the directories as NFS shows them."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from testbed.nfs_listing import Entry
from testbed.story.endings import Ending, State
from testbed.story.fills import Fill
from testbed.story.rows import Row

_STYLE: Final = {
    State.RUNNING: "green",
    State.SCHEDULED: "green",
    State.PENDING: "yellow",
    State.CONTAINER_CREATING: "yellow",
    State.REFUSED: "yellow",
}


def story_table(rows: Sequence[Row]) -> Table:
    """One row a case."""
    table = Table(title="The same manifests in two namespaces", title_style="bold", show_lines=True, expand=False)
    for column in ("", "what its author wrote", "what was filled in, and by which rule", "without us", "with us"):
        table.add_column(column, overflow="fold")
    table.add_column("expected", overflow="fold")
    table.add_column("ok")
    for row in rows:
        table.add_row(
            row.case.letter,
            row.case.title,
            _fills(row.with_us.fills),
            _ending(row.without.ending),
            _ending(row.with_us.ending),
            f"{row.case.without.state} → {row.case.with_us.state}",
            Text("yes", "green") if row.ok else Text("NO", "bold red"),
        )
    return table


def notes(rows: Iterable[Row]) -> Iterable[str]:
    """What could not be proven, each sentence once, with the cases it holds for."""
    by_note: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            by_note.setdefault(row.note, []).append(row.case.letter)
    return (f"{', '.join(letters)}: {note}" for note, letters in by_note.items())


def listing(entries: Iterable[Entry]) -> str:
    """Files and directories, one a line: permissions, owner, group, size, path."""
    return "\n".join(
        f"{entry.kind}{entry.permissions} {entry.uid:>5} {entry.gid:>5} {entry.size:>6}  {entry.path}"
        for entry in entries
    )


def _fills(fills: Iterable[Fill]) -> Group | str:
    shown = [Text.assemble(str(fill), (f"\n  by {fill.rule}", "dim")) for fill in fills if not fill.marks]
    return Group(*shown) if shown else "nothing"


def _ending(ending: Ending) -> Text:
    first_sentence = ending.words.partition(". ")[0]
    return Text.assemble((ending.state.value, _STYLE.get(ending.state, "red")), f"\n{first_sentence}")
