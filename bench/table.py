"""The table on the screen."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from bench.rows import Row


def print_table(rows: Iterable[Row], console: Console) -> None:
    """Print all rows; the last column says whether the bar is reached."""
    table = Table(title="nfs-steward beside its peers (medians; ratio: ours over the peer's)")
    table.add_column("what", overflow="fold")
    for title in ("ours", "peer", "unit", "ratio", "bar"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("met", no_wrap=True)
    table.add_column("notes", overflow="fold")
    for row in rows:
        table.add_row(
            row.name,
            _figure(row.ours),
            _figure(row.peer),
            row.unit,
            _figure(row.ratio),
            row.bar.text() if row.bar else "",
            _verdict(row.met),
            row.notes,
        )
    console.print(table)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _verdict(met: bool | None) -> str:
    if met is None:
        return ""
    return "[green]yes[/]" if met else "[bold red]no[/]"
