import io

import pytest

from testbed.errors import PartUnavailable
from testbed.parts import Substitutions
from testbed.progress import Progress


def no_server() -> str:
    raise PartUnavailable("NFS server", "this is not root", "run it as root")


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


def test_what_can_be_had_is_returned_without_a_note(screen: io.StringIO) -> None:
    substitutions = Substitutions(require_all=False, progress=Progress(screen))
    assert substitutions.obtain(lambda: "server", "a folder stands in") == "server"
    assert substitutions.notes == []


def test_what_cannot_be_had_is_noted_with_reason_remedy_and_consequence(screen: io.StringIO) -> None:
    substitutions = Substitutions(require_all=False, progress=Progress(screen))
    assert substitutions.obtain(no_server, "a folder stands in") is None
    expected = "no NFS server: this is not root (run it as root). So a folder stands in."
    assert substitutions.notes == [expected]
    assert screen.getvalue() == f"{expected}\n"


def test_where_all_is_required_what_cannot_be_had_is_an_error(screen: io.StringIO) -> None:
    with pytest.raises(PartUnavailable, match="not root"):
        Substitutions(require_all=True, progress=Progress(screen)).obtain(no_server, "a folder stands in")


def test_a_step_that_cannot_be_done_is_noted_and_one_that_can_is_not(screen: io.StringIO) -> None:
    substitutions = Substitutions(require_all=False, progress=Progress(screen))
    assert substitutions.succeeds(lambda: None, "a folder stands in")
    assert substitutions.notes == []
    assert not substitutions.succeeds(lambda: no_server() and None, "a folder stands in")
    assert len(substitutions.notes) == 1
