"""What the table shows."""

import io

from rich.console import Console

from bench.rows import Bar, Row
from bench.table import print_table


def test_the_table_shows_figures_bars_and_verdicts() -> None:
    screen = io.StringIO()
    rows = [
        Row("claims beside Go", 2034.4, 4100.0, "1/s", Bar(0.5, "ratio"), "five rounds"),
        Row("memory of a worker", 61.23, None, "MiB", Bar(80, "ours")),
    ]
    print_table(rows, Console(file=screen, width=140))
    first, second = (line for line in screen.getvalue().splitlines() if "claims" in line or "memory" in line)
    assert [cell.strip() for cell in first.strip("│").split("│")] == [
        *("claims beside Go", "2,034", "4,100", "1/s", "0.496", "≥ 0.5", "no", "five rounds"),
    ]
    assert [cell.strip() for cell in second.strip("│").split("│")] == [
        *("memory of a worker", "61.2", "", "MiB", "", "< 80", "yes", ""),
    ]
