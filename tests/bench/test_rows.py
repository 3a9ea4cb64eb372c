"""The arithmetic of rows and bars, and the file they are written to."""

from pathlib import Path

import orjson
import pytest

from bench.rows import Bar, Row, write_rows


@pytest.mark.parametrize(
    ("row", "ratio", "met"),
    [
        pytest.param(Row("x", 50.0, 100.0, "1/s", Bar(0.5, "ratio")), 0.5, True, id="a ratio at its bar"),
        pytest.param(Row("x", 49.9, 100.0, "1/s", Bar(0.5, "ratio")), 0.499, False, id="a ratio below its bar"),
        pytest.param(Row("x", 79.9, 40.0, "MiB", Bar(80, "ours")), 1.9975, True, id="a value below its bar"),
        pytest.param(Row("x", 80.0, None, "MiB", Bar(80, "ours")), None, False, id="a value at its bar"),
        pytest.param(Row("x", 12.0, 6.0, "ms"), 2.0, None, id="no bar"),
        pytest.param(Row("x", None, 100.0, "1/s", Bar(0.5, "ratio")), None, False, id="ours could not be measured"),
        pytest.param(Row("x", 50.0, None, "1/s", Bar(0.5, "ratio")), None, False, id="the peer could not be measured"),
        pytest.param(Row("x", None, None, "s", Bar(3, "ours")), None, False, id="nothing could be measured"),
    ],
)
def test_a_row_holds_its_figures_against_its_bar(row: Row, ratio: float | None, met: bool | None) -> None:
    assert row.ratio == (pytest.approx(ratio) if ratio is not None else None)
    assert row.met is met


def test_the_file_holds_every_row_with_its_ratio_and_verdict(tmp_path: Path) -> None:
    rows = [Row("claims", 2000.0, 3000.0, "1/s", Bar(0.5, "ratio"), "three rounds"), Row("memory", 61.2, None, "MiB")]
    path = tmp_path / "build" / "bench.json"
    write_rows(path, rows)
    assert orjson.loads(path.read_bytes()) == [
        {
            "name": "claims",
            "ours": 2000.0,
            "peer": 3000.0,
            "ratio": 0.6667,
            "bar": 0.5,
            "bar_on": "ratio",
            "met": True,
            "unit": "1/s",
            "notes": "three rounds",
        },
        {
            "name": "memory",
            "ours": 61.2,
            "peer": None,
            "ratio": None,
            "bar": None,
            "bar_on": None,
            "met": None,
            "unit": "MiB",
            "notes": "",
        },
    ]
