from dataclasses import replace

from click.testing import CliRunner

from cli.demo import status
from cli.main import command
from testbed.story.cases import OTHER_BY_NAME
from testbed.story.endings import Ending, State
from testbed.story.rows import Half, Row

AS_EXPECTED = Half(Ending(State.PENDING, OTHER_BY_NAME.without.words))
GOOD = Row(OTHER_BY_NAME, "team-b", AS_EXPECTED, AS_EXPECTED)
BAD = replace(GOOD, with_us=Half(Ending(State.RUNNING)))


def test_the_status_is_zero_when_every_row_is_as_it_should_be() -> None:
    assert status([GOOD, GOOD]) == 0


def test_one_row_that_differs_makes_the_status_one() -> None:
    assert status([GOOD, BAD]) == 1


def test_no_rows_at_all_are_no_success() -> None:
    assert status([]) == 1


def test_an_unknown_output_is_refused_before_anything_is_started() -> None:
    result = CliRunner().invoke(command, ["demo", "-o", "xml"])
    assert result.exit_code == 2
    assert "'xml' is not one of" in result.output
