"""`python -m bench`: measure everything, print the table, write `build/bench.json`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.arena import Ground
from bench.parts import PARTS, Part
from bench.plan import FULL, QUICK, Plan
from bench.programs import obtain_bench_programs
from bench.rows import Row, write_rows
from bench.table import print_table
from policy.errors import StewardError
from testbed.programs import obtain_programs
from testbed.progress import Progress

_RESULT: Final = Path("build/bench.json")

# Everybody, load generators and API server included, shares these: ratios then mean the same on every machine.
_CORES: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that were asked for; exit status 1 where something could not be measured."""
    asked = _parser().parse_args(arguments)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    before = f"{os.getloadavg()[0]:.2f}"
    rows: list[Row] = []
    problems: list[str] = []
    try:
        plan = QUICK if asked.quick else FULL
        plan = replace(plan, files=asked.files or plan.files)
        _measure([PARTS[name] for name in asked.parts or PARTS], plan, rows, problems)
    except StewardError as problem:
        problems.append(str(problem))
    print_table(rows, Console(width=None if sys.stdout.isatty() else 160))
    write_rows(_RESULT, rows)
    print(f"written to {_RESULT}; the load average was {before} before the start: what else runs blurs the figures")
    for text in problems:
        print(f"bench: not all could be measured: {text}", file=sys.stderr)
    return 1 if problems else 0


def _measure(parts: Sequence[Part], plan: Plan, rows: list[Row], problems: list[str]) -> None:
    """Add the rows of each part to `rows`, and why a part could not go on to `problems`."""
    progress = Progress()
    built = obtain_programs(progress)
    programs = obtain_bench_programs(progress)
    for part in parts:
        # Each part has API servers of its own, so that none is measured on what another has left behind.
        with (
            tempfile.TemporaryDirectory(prefix="nfs-steward-bench-") as folder,
            progress.step(part.title, part.why) as report,
        ):
            try:
                for row in part.measure(Ground(Path(folder), built, programs), plan):
                    rows.append(row)
                    report(row.name)
            except StewardError as problem:
                problems.append(str(problem))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds for each row: to try it, not to quote it")
    parser.add_argument("--files", type=int, metavar="N", help="delete, and walk through, so many files")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="measure only these parts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
