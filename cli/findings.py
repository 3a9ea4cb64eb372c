"""The report of an examination, for programs and for people."""

from typing import TYPE_CHECKING, Final

import orjson

from controller.doctor.findings import Found, Level, Report, Unseen

if TYPE_CHECKING:
    from rich.table import Table

# Into a file or a pipe: wide enough that most sentences stay on one line.
_WIDTH_WITHOUT_TERMINAL: Final = 160
_STYLES: Final = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.NOTE: "cyan"}


def as_json(report: Report) -> str:
    """The report as one JSON object."""
    told = {
        "healthy": not report.has_errors,
        "findings": [_finding(each) for each in report.found],
        "unseen": [{"what": each.what, "why": each.why, "leftOut": each.left_out} for each in report.unseen],
        "seen": report.seen,
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def print_table(report: Report) -> None:
    """Print the report on standard output: findings first, then what was looked at and what was not."""
    from rich.console import Console  # noqa: PLC0415  rich takes longer to import than JSON to print

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    if report.found:
        console.print(_table(report.found))
    for sentence in report.seen:
        console.print(f"Looked at: {sentence}", markup=False)
    for each in report.unseen:
        console.print(_unseen(each), markup=False)
    console.print(_verdict(report), markup=False)


def _finding(found: Found) -> dict[str, str]:
    finding = found.finding
    return {
        "check": found.check,
        "level": finding.level,
        "where": finding.where,
        "what": finding.what,
        "why": finding.why,
        "mend": finding.mend,
    }


def _table(findings: tuple[Found, ...]) -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("finding", "where", "what, why it matters, and how to mend it"):
        table.add_column(column, overflow="fold")
    for found in findings:
        finding = found.finding
        table.add_section()
        table.add_row(
            Text(f"{finding.level}\n{found.check}", style=_STYLES[finding.level]),
            Text(finding.where, style="bold"),
            Text.assemble(finding.what, ("\n" + finding.why, "dim"), ("\n" + finding.mend, "green")),
        )
    return table


def _unseen(unseen: Unseen) -> str:
    checks = f" Left out: {', '.join(unseen.left_out)}." if unseen.left_out else ""
    return f"Not seen: {unseen.what}: {unseen.why}.{checks}"


def _verdict(report: Report) -> str:
    if not report.found:
        return "Nothing is wrong with what could be seen."
    counts = [(level, sum(each.finding.level is level for each in report.found)) for level in Level]
    return ", ".join(f"{count} {level}{'s' if count > 1 else ''}" for level, count in counts if count) + "."
