"""Directories with limits, from their making to their end, with project quotas that are only remembered."""

import errno
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from controller.export.export import MountedExport
from controller.export.house import HouseKeeping
from controller.export.jobs import Progress
from controller.export.limits.kinds import Limiting
from controller.export.limits.limits import Limits
from controller.export.limits.projects import Usage
from controller.export.operations import ExportOperations, SystemCalls
from controller.export.outcomes import Blocked, Existed, Kept, Limited, Made, Measured, Missing, Outcome
from controller.export.removing import Removal, doom_aside
from controller.export.requests import Limit, LimitDirectory, MakeDirectory, SetAside
from controller.export.visit import answer
from policy.exports import Segments
from policy.ownership import Ownership
from policy.parameters import QuotaKind
from policy.paths import RESERVED
from tests.controller.export.asking import PLACE, in_this_thread
from tests.controller.export.limits.remembered import XFS, RememberedProjects, limiting

UID = "volume-uid"
LATER = datetime(2100, 1, 1, tzinfo=UTC)
SIZE = 10 << 20


class Export:
    """An export whose project quotas are remembered, through the lives of controllers."""

    def __init__(self, root: Path, wish: Ownership) -> None:
        root.mkdir(exist_ok=True)
        self.root = root
        self.wish = wish
        self.projects = RememberedProjects(root)

    def limits(self, calls: ExportOperations | None = None) -> Limits:
        return Limits(calls or SystemCalls(), self.root, limiting(self.projects))

    def make(self, holder: str = "claim", calls: ExportOperations | None = None, size: int = SIZE) -> Outcome:
        limit = Limit(QuotaKind.PROJECT, size, holder)
        return self.limits(calls).make(MakeDirectory(PLACE, self.wish, limit))

    def change(self, size: int) -> Outcome:
        return self.limits().change(LimitDirectory(PLACE, Limit(QuotaKind.PROJECT, size, "claim")))

    def end(self, calls: ExportOperations | None = None) -> None:
        """Set the directory aside and remove it, as a process may that dies."""
        calls = calls or SystemCalls()
        in_this_thread(calls, self.root, SetAside(PLACE, UID))
        answer(calls, self.root, lambda visit: doom_aside(visit, UID))
        Removal(calls, self.root, UID, self.limits(calls))(Progress())
        self.projects.forget_removed()

    def keep_house(self) -> Outcome | None:
        keeping = HouseKeeping(SystemCalls(), self.root, lambda: LATER, lambda _: None, self.limits())
        return keeping(Progress())

    @property
    def place(self) -> Path:
        return self.root.joinpath(*PLACE)

    @property
    def number(self) -> int:
        return self.projects.numbers[self.place.stat().st_ino]

    @property
    def given(self) -> list[str]:
        return sorted(path.name for path in (self.root / ".nfs-steward" / "projects").iterdir())


@pytest.fixture
def export(export_root: Path, wish: Ownership) -> Export:
    return Export(export_root, wish)


def test_a_directory_is_made_with_its_limit(export: Export) -> None:
    assert isinstance(export.make(), Made)

    assert stat.S_IMODE(export.place.stat().st_mode) == export.wish.mode
    assert export.projects.limits == {export.number: SIZE}
    assert export.given == [str(export.number)]


def test_nobody_can_enter_a_directory_before_it_has_its_limit(export: Export) -> None:
    modes = []
    export.projects.live = lambda: modes.append(stat.S_IMODE(export.place.stat().st_mode) & 0o077)

    export.make()

    assert modes == [0, 0]


def test_asked_again_it_has_the_same_number_and_the_limit_that_is_asked_for_now(export: Export) -> None:
    export.make()
    number = export.number

    assert isinstance(export.make(size=2 * SIZE), Existed)

    assert (export.number, export.projects.limits) == (number, {number: 2 * SIZE})


def test_an_empty_directory_that_is_there_gets_its_limit(export: Export) -> None:
    export.place.mkdir(parents=True)

    assert isinstance(export.make(), Existed)

    assert export.projects.limits == {export.number: SIZE}


def test_data_that_no_limit_would_count_is_not_taken_for_limited(export: Export) -> None:
    export.place.mkdir(parents=True)
    (export.place / "file").touch()

    outcome = export.make()

    assert isinstance(outcome, Blocked)
    assert "which no limit would count" in outcome.why
    assert export.projects.numbers == {}


def test_data_that_was_limited_before_goes_on_with_its_number_for_another_claim(export: Export) -> None:
    export.make("earlier")
    (export.place / "file").touch()
    number = export.number

    assert isinstance(export.make("later", size=2 * SIZE), Existed)

    assert export.projects.limits == {number: 2 * SIZE}


@pytest.mark.parametrize(
    ("above", "place", "told"),
    [
        pytest.param((), PLACE[1:], "the export's root", id="the root"),
        pytest.param(PLACE[:1], PLACE, "team-a", id="the directory above"),
        pytest.param((RESERVED,), PLACE, RESERVED, id="where it goes in the end"),
    ],
)
def test_where_a_project_is_handed_down_nothing_is_limited_as_it_could_not_be_moved(
    export: Export, above: Segments, place: Segments, told: str
) -> None:
    over = export.root.joinpath(*above)
    over.mkdir(exist_ok=True)
    export.projects.numbers[over.stat().st_ino] = 7

    outcome = export.limits().make(MakeDirectory(place, export.wish, Limit(QuotaKind.PROJECT, SIZE, "claim")))

    assert isinstance(outcome, Blocked)
    assert f"{told} belongs to project 7, and hands that down" in outcome.why


def test_a_project_of_somebody_elses_is_left_alone(export: Export) -> None:
    export.place.mkdir(parents=True)
    export.projects.numbers[export.place.stat().st_ino] = 7
    export.projects.limits[7] = 1

    outcome = export.make()

    assert isinstance(outcome, Blocked)
    assert "project 7, which nfs-steward has not given" in outcome.why
    assert export.projects.limits == {7: 1}


def test_a_limit_is_raised(export: Export) -> None:
    export.make()

    assert export.change(3 * SIZE) == Limited()

    assert export.projects.limits == {export.number: 3 * SIZE}


def test_a_limit_of_nothing_is_not_raised(export: Export) -> None:
    assert export.change(SIZE) == Missing()


def test_use_is_what_the_quota_says(export: Export) -> None:
    export.make()
    export.projects.counted[export.number] = Usage(12288, 3, SIZE)

    measured = export.limits().measured(PLACE)

    assert measured == Measured(12288, 3, measured.at if measured else LATER)


def test_what_has_no_limit_is_not_measured_by_one(export: Export) -> None:
    export.place.mkdir(parents=True)

    assert export.limits().measured(PLACE) is None
    assert export.limits().measured(("nowhere",)) is None


def test_data_that_goes_on_with_its_number_for_another_claim_is_measured_by_it(export: Export) -> None:
    export.make("earlier")
    (export.place / "file").touch()
    export.make("later")
    export.projects.counted[export.number] = Usage(12288, 3, SIZE)

    assert isinstance(export.limits().measured(PLACE), Measured)


def test_a_project_of_somebody_elses_measures_nothing(export: Export) -> None:
    """An export may lie in a directory whose project is handed down to all claims: it counts what all of them have."""
    export.place.mkdir(parents=True)
    for directory in (export.root, export.place.parent, export.place):
        export.projects.numbers[directory.stat().st_ino] = 7
    export.projects.counted[7] = Usage(1 << 40, 10_000, 0)

    assert export.limits().measured(PLACE) is None
    assert export.limits().measured(()) is None


def test_what_lies_inside_a_limited_directory_is_not_measured_by_the_limit_around_it(export: Export) -> None:
    export.make()
    inside = export.place / "inside"
    inside.mkdir()
    export.projects.numbers[inside.stat().st_ino] = export.number

    assert export.limits().measured((*PLACE, "inside")) is None


def test_nothing_is_measured_by_quotas_that_are_not_kept_any_more(export: Export) -> None:
    export.make()
    unkept = Limiting(export.projects, mount_of=lambda _: replace(XFS, options=frozenset({"rw"})))

    assert Limits(SystemCalls(), export.root, unkept).measured(PLACE) is None


def test_the_end_of_a_directory_gives_its_number_back(export: Export) -> None:
    export.make()
    (export.place / "deeper").mkdir()
    number = export.number

    export.end()

    assert export.given == []
    assert export.projects.limits == {number: 0}


def test_the_number_of_what_cannot_be_removed_stays_taken(export: Export) -> None:
    class Immutable(SystemCalls):
        def remove_file(self, parent: int, name: str) -> None:
            if name == "immutable":
                raise PermissionError(errno.EPERM, "immutable")
            super().remove_file(parent, name)

    export.make()
    number = export.number
    (export.place / "immutable").touch()

    export.end(Immutable())

    assert export.given == [str(number)]
    assert export.projects.limits == {number: SIZE}


def test_a_number_goes_back_while_a_server_still_holds_on_to_what_had_it_and_is_nobody_else_s_before_that_is_over(
    export: Export,
) -> None:
    export.make()
    number = export.number
    export.projects.counted[number] = Usage(4096, 1, SIZE)

    export.end()

    assert export.given == []
    assert export.projects.limits == {number: 0}
    export.make()
    assert export.number != number
    export.end()
    export.projects.counted.clear()
    export.make()
    assert export.number == number


def test_a_number_that_nothing_belongs_to_is_given_back_in_the_end(export: Export) -> None:
    export.make()
    number = export.number
    export.place.rmdir()

    assert export.keep_house() == Kept()

    assert export.given == []
    assert export.projects.limits == {number: 0}


def test_the_number_of_a_volume_stays_however_often_house_is_kept(export: Export) -> None:
    export.make()

    export.keep_house()

    assert export.given == [str(export.number)]
    assert export.projects.limits == {export.number: SIZE}


def test_dying_at_any_step_of_the_making_leads_to_the_same_directory_with_one_number(
    tmp_path: Path, wish: Ownership, mortal_calls: Callable[[int], SystemCalls], death: type[BaseException]
) -> None:
    for lives in count():
        export = Export(tmp_path / str(lives), wish)
        calls = mortal_calls(lives)
        export.projects.live = calls._live  # type: ignore[attr-defined]
        try:
            export.make(calls=calls)
            died = False
        except death:
            died = True
        export.projects.live = lambda: None
        assert isinstance(export.make(), Existed if not died else Made | Existed)
        assert stat.S_IMODE(export.place.stat().st_mode) == wish.mode
        assert export.projects.limits[export.number] == SIZE
        assert [name for name in export.given if not name.startswith("draft-")] == [str(export.number)]
        if not died:
            return


def test_dying_at_any_step_of_the_end_loses_no_number_and_frees_none_that_is_used(
    tmp_path: Path, wish: Ownership, mortal_calls: Callable[[int], SystemCalls], death: type[BaseException]
) -> None:
    for lives in count():
        export = Export(tmp_path / str(lives), wish)
        export.make()
        (export.place / "file").touch()
        number = export.number
        calls = mortal_calls(lives)
        export.projects.live = calls._live  # type: ignore[attr-defined]
        try:
            export.end(calls)
            died = False
        except death:
            died = True
        export.projects.live = lambda: None
        if number in export.projects.numbers.values() and export.place.exists():
            assert export.given == [str(number)]
        export.end()
        export.keep_house()
        assert export.given == []
        assert export.projects.limits == {number: 0}
        if not died:
            return


def test_an_export_that_is_not_at_its_file_system_keeps_no_limit(export_root: Path, wish: Ownership) -> None:
    export = MountedExport(export_root, SystemCalls())
    limit = Limit(QuotaKind.PROJECT, SIZE, "claim")
    try:
        for request in (MakeDirectory(PLACE, wish, limit), LimitDirectory(PLACE, limit)):
            outcome = export.ask(request)
            assert isinstance(outcome, Blocked)
            assert "not at the file system" in outcome.why
    finally:
        export.stop()
    assert not (export_root / PLACE[0]).exists()


def test_a_file_system_that_cannot_is_said_to_be_so(export_root: Path, wish: Ownership) -> None:
    limits = Limits(SystemCalls(), export_root)

    outcome = limits.make(MakeDirectory(PLACE, wish, Limit(QuotaKind.PROJECT, SIZE, "claim")))

    assert isinstance(outcome, Blocked)
    assert outcome.why.startswith("quota: project cannot be had on this export: ")
