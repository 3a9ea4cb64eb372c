from io import StringIO

from rich.console import Console

from testbed.nfs_listing import Entry
from testbed.story.cases import NO_CLASS, STATIC
from testbed.story.endings import Ending, State
from testbed.story.fills import Fill
from testbed.story.rows import Half, Proof, Row
from testbed.story.table import listing, notes, story_table

MOUNT_ERROR = "mount.nfs: mounting 10.0.2.2:/x failed, reason given by server: No such file or directory"
FILLS = (
    Fill("spec.mountOptions", "hard", "profile default"),
    Fill("directory", "team-b/static-volume", "export main"),
    Fill("metadata.annotations[x]", "hidden", "profile default"),
)
RAN = Half(Ending(State.RUNNING, "its file is on the export: team-b/static-volume/static-volume"), FILLS)
GOOD = Row(STATIC, "team-b", Half(Ending(State.CONTAINER_CREATING, MOUNT_ERROR)), RAN)
BAD = Row(NO_CLASS, "team-b", Half(Ending(State.UNSETTLED, "claim Bound, no Pod")), RAN)


def shown(*rows: Row) -> str:
    """The table as text, wide enough that nothing is folded."""
    text = StringIO()
    Console(file=text, width=240).print(story_table(rows))
    return text.getvalue()


def test_a_row_shows_what_was_filled_in_by_which_rule_and_both_endings() -> None:
    text = shown(GOOD)
    for words in (
        STATIC.title,
        "spec.mountOptions = hard",
        "by profile default",
        "directory = team-b/static-volume",
        "by export main",
        "ContainerCreating",
        "No such file or directory",
        "Running",
        "its file is on the export",
        "yes",
    ):
        assert words in text
    assert "hidden" not in text


def test_a_row_that_differs_says_no_and_what_was_expected() -> None:
    text = shown(BAD)
    assert "NO" in text
    assert "yes" not in text
    assert "Pending → Running" in text
    assert "claim Bound, no Pod" in text


def test_brackets_in_what_was_said_are_shown_as_they_are() -> None:
    refused = Half(Ending(State.REFUSED, "spec.resources[storage]: Required value"))
    assert "spec.resources[storage]" in shown(Row(NO_CLASS, "team-b", refused, RAN))


def test_a_note_stands_once_with_the_cases_it_holds_for() -> None:
    proof = Proof("the node is a stand-in")
    first, second = (Row(case, "team-b", RAN, RAN, proof) for case in (STATIC, NO_CLASS))
    (note,) = notes([first, second])
    assert note.startswith("a, c: ")
    assert note.endswith("the node is a stand-in")


def test_the_listing_has_mode_owner_group_size_and_path() -> None:
    entries = [Entry("team-b", "d", "rwxrwx---", 0, 100001, 4096), Entry("team-b/f", "-", "rw-r--r--", 0, 0, 6)]
    assert listing(entries).splitlines() == [
        "drwxrwx---     0 100001   4096  team-b",
        "-rw-r--r--     0     0      6  team-b/f",
    ]
