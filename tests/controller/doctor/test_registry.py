"""The list of checks, and the page that explains them."""

import re
from pathlib import Path

from controller.doctor.registry import CHECKS

PAGE = Path(__file__).parents[3] / "docs" / "doctor.md"


def test_the_page_explains_every_finding_in_the_order_of_the_list() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == [check.name for check in CHECKS]


def test_no_two_checks_have_one_name_or_look_for_the_same() -> None:
    assert len({check.name for check in CHECKS}) == len({check.find for check in CHECKS}) == len(CHECKS)


def test_every_check_has_rows_of_what_it_tells_and_what_it_does_not() -> None:
    tables = "".join(file.read_text() for file in (Path(__file__).parent / "checks").glob("test_*.py"))
    assert [check.name for check in CHECKS if f'"{check.name}"' not in tables] == []
