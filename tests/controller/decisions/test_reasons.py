"""The reasons of Events, and the table that explains them."""

import re
from pathlib import Path

from controller.decisions import reasons

PAGE = Path(__file__).parents[3] / "docs" / "administrators.md"
REASONS = [value for name, value in vars(reasons).items() if name.isupper()]


def test_the_table_for_administrators_explains_every_reason_once_and_no_other() -> None:
    _, _, after = PAGE.read_text().partition("\n| reason | on |")
    table, _, _ = after.partition("\n\n")
    explained = [reason for row in table.splitlines() for reason in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(explained) == sorted(REASONS)


def test_no_two_reasons_are_spelled_alike() -> None:
    assert len(set(REASONS)) == len(REASONS) > 0
