"""The story's result as people read it: the table, and the directories as NFS shows them."""

from collections.abc import Iterable, Sequence
from textwrap import shorten
from typing import Final

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from testbed.nfs_listing import Entry
from testbed.story.endings import Ending, State
from testbed.story.fills import Fill
from testbed.story.rows import Row

_LONGEST_WORDS: Final = 120
_STYLE: Final = {
    State.RUNNING: "green",
    State.SCHEDULED: "green",
    State.PENDING: "yellow",
    State.CONTAINER_CREATING: "yellow",
    State.REFUSED: "yellow",
}


def story_table(rows: Sequence[Row]) -> Table:
    """One row a case, in as few words as will do: all of them are in the rows' JSON."""
    table = Table(title="The same manifests in two namespaces", title_style="bold", box=box.ROUNDED, show_lines=True)
    for column in ("", "its author wrote", "filled in, by which rule", "without us", "with us", "as expected"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            row.case.letter,
            row.case.title,
            _fills(row.with_us.fills),
            _ending(row.without.ending),
            _ending(row.with_us.ending),
            _verdict(row),
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
    state = (ending.state.value, _STYLE.get(ending.state, "red"))
    return Text.assemble(state, f"\n{_in_short(ending)}")


def _in_short(ending: Ending) -> str:
    """The words that matter most: of a mount error its last clause, of anything else the first sentence's beginning."""
    if ending.state is State.CONTAINER_CREATING:
        return ending.words.rpartition(": ")[2]
    if ending.state is State.RUNNING:
        return ending.words.partition(": ")[0]
    return shorten(ending.words.partition(". ")[0], _LONGEST_WORDS, placeholder=" …")


def _verdict(row: Row) -> Text:
    verdict = ("yes", "green") if row.ok else ("NO", "bold red")
    return Text.assemble(verdict, (f"\n{row.case.without.state} → {row.case.with_us.state}", "dim"))
