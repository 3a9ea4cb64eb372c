"""Verdicts as a table for people: a section for each object, a row for each of its fields."""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.explaining.verdicts import Verdict
from cli.explaining.wording import Reason

# Into a file or a pipe: wide enough for the longest field names.
_WIDTH_WITHOUT_TERMINAL: Final = 160
_STYLES: Final = {
    "filled in": "green",
    "left alone": "dim",
    "refused": "red",
    "directory": "green",
    "no directory": "yellow",
    "note": "",
}


def print_table(verdicts: Sequence[Verdict]) -> None:
    """Print the verdicts on standard output, or say that there was nothing to ask about."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    if verdicts:
        console.print(_table(verdicts))
    else:
        console.print("no claim, volume, Pod or workload in the input: nothing that the webhook is asked about")


def _table(verdicts: Sequence[Verdict]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("object and field", "answer", "why"):
        table.add_column(column, overflow="fold")
    for verdict in verdicts:
        table.add_section()
        table.add_row(Text(_object(verdict), style="bold"), _answer(verdict), "")
        for warning in verdict.warnings:
            table.add_row("", Text("warning", style="yellow"), Text(warning, style="yellow"))
        for reason in verdict.reasons:
            table.add_row(*_row(reason))
    return table


def _object(verdict: Verdict) -> str:
    submission = verdict.submission
    name = f"{submission.namespace}/{submission.name}" if submission.namespace else submission.name
    return f"{submission.kind} {name}"


def _answer(verdict: Verdict) -> Text:
    if not verdict.allowed:
        return Text("denied", style="bold red")
    return Text("filled in", style="bold green") if verdict.patch else Text("as it is", style="bold")


def _row(reason: Reason) -> tuple[Text, Text, Text]:
    style = _STYLES[reason.what]
    answer = {"filled in": reason.value, "directory": reason.value, "note": ""}.get(reason.what, reason.what)
    named = "directory" if reason.what == "directory" else reason.field
    field = f"  {named}" if named and reason.what != "refused" else ""
    return Text(field, style=style), Text(answer, style=style), Text(reason.why, style=style)
