"""The rows of the table, and the bars that they are held against."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

Unit = Literal["1/s", "ms", "MiB", "s", ""]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row must reach: a ratio of at least, or a value of ours below `limit`."""

    limit: float
    on: Literal["ratio", "ours"]

    def text(self) -> str:
        """The bar as the table shows it."""
        return f"≥ {self.limit:g}" if self.on == "ratio" else f"< {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `peer` is None where there is none; `notes` tell the spread, or why `ours` is missing."""

    name: str
    ours: float | None
    peer: float | None
    unit: Unit
    bar: Bar | None = None
    notes: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's, in the row's unit."""
        return self.ours / self.peer if self.ours is not None and self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached; None where there is no bar. What could not be measured has not reached it."""
        if self.bar is None:
            return None
        value = self.ratio if self.bar.on == "ratio" else self.ours
        if value is None:
            return False
        return value >= self.bar.limit if self.bar.on == "ratio" else value < self.bar.limit

    def as_json(self) -> dict[str, Any]:
        """The row as `build/bench.json` holds it."""
        return {
            "name": self.name,
            "ours": _rounded(self.ours),
            "peer": _rounded(self.peer),
            "ratio": _rounded(self.ratio),
            "bar": self.bar.limit if self.bar else None,
            "bar_on": self.bar.on if self.bar else None,
            "met": self.met,
            "unit": self.unit,
            "notes": self.notes,
        }


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as one JSON list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps([row.as_json() for row in rows], option=orjson.OPT_INDENT_2) + b"\n")


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
