from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.observed.occupied import Occupant, OccupiedDirectories

segments = st.lists(st.sampled_from("ab"), max_size=3).map(tuple)
names = st.sampled_from(["v1", "v2", "v3", "v4"])
places = st.dictionaries(names, st.tuples(st.sampled_from(["main", "second"]), segments))
steps = st.lists(st.tuples(names, st.one_of(st.none(), st.tuples(st.sampled_from(["main", "second"]), segments))))


def conflicts(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return bool(other) and one[:shorter] == other[:shorter]


@given(steps=steps, export=st.sampled_from(["main", "second"]), wanted=segments.filter(bool), own=names)
def test_it_finds_what_looking_at_every_volume_would_find(
    steps: list[tuple[str, tuple[str, tuple[str, ...]] | None]], export: str, wanted: tuple[str, ...], own: str
) -> None:
    occupied = OccupiedDirectories()
    model: dict[str, tuple[str, tuple[str, ...]]] = {}
    for volume, place in steps:
        if place is None:
            occupied.drop(volume)
            model.pop(volume, None)
        else:
            occupied.put(Occupant(volume, "", provisioned=True), *place)
            model[volume] = place

    expected = {
        volume for volume, (where, at) in model.items() if volume != own and where == export and conflicts(wanted, at)
    }
    found = occupied.conflict(export, wanted, own)

    assert (found is not None) == bool(expected)
    assert found is None or any(f"volume {volume}" in found for volume in expected)


def test_a_volume_of_the_whole_export_is_in_nobodys_way() -> None:
    occupied = OccupiedDirectories()
    occupied.put(Occupant("everything", "", provisioned=False), "main", ())

    assert occupied.conflict("main", ("a",), "v1") is None


def test_a_provisioned_volume_is_known_by_what_lies_inside_it() -> None:
    occupied = OccupiedDirectories()
    theirs = Occupant("v1", "team-b", provisioned=True)
    occupied.put(theirs, "main", ("a",))

    assert occupied.provisioned_for_others("main", ("a", "b", "c"), "team-a") == theirs
    assert occupied.provisioned_for_others("main", ("a", "b", "c"), "team-b") is None
    assert occupied.provisioned_for_others("second", ("a", "b"), "team-a") is None
    assert occupied.provisioned_for_others("main", ("ab",), "team-a") is None


def test_those_who_use_a_directory_are_told_from_those_around_it() -> None:
    occupied = OccupiedDirectories()
    for name, place in {"v1": ("a",), "v2": ("a", "b"), "v3": ("a", "b"), "v4": ("a", "b", "c")}.items():
        occupied.put(Occupant(name, "", provisioned=True), "main", place)

    assert occupied.users("main", ("a", "b"), "v2") == ["v3"]
    assert occupied.entangled("main", ("a", "b"), "v2") == "it lies inside the directory of volume v1"
    occupied.drop("v1")
    assert occupied.entangled("main", ("a", "b"), "v2") == "the directory of volume v4 lies inside it"
    occupied.drop("v4")
    assert occupied.entangled("main", ("a", "b"), "v2") is None


def test_of_two_volumes_that_want_one_place_only_the_first_gets_it() -> None:
    occupied = OccupiedDirectories()
    first, second = (Occupant(name, "team-a", provisioned=True) for name in ("v1", "v2"))

    assert occupied.reserve(first, "main", ("a",)) is None
    assert occupied.reserve(first, "main", ("a",)) is None
    assert occupied.reserve(second, "main", ("a",)) == "volume v1 already uses it"
    assert occupied.reserve(second, "main", ("a", "b")) == "it lies inside the directory of volume v1"
    occupied.drop("v1")
    assert occupied.reserve(second, "main", ("a",)) is None


def test_only_volumes_that_both_share_have_a_directory_together() -> None:
    occupied = OccupiedDirectories()
    occupied.put(Occupant("v1", "team-a", provisioned=True, shared=True), "main", ("a",))

    assert occupied.conflict("main", ("a",), "v2", shared=True) is None
    assert occupied.conflict("main", ("a",), "v2") == "volume v1 already uses it"
    assert occupied.conflict("main", ("a", "b"), "v2", shared=True) == "it lies inside the directory of volume v1"
    occupied.put(Occupant("v3", "team-a", provisioned=True), "main", ("a",))
    assert occupied.conflict("main", ("a",), "v2", shared=True) == "volume v3 already uses it"


def test_nobody_joins_a_volume_that_is_about_to_go_with_its_data() -> None:
    occupied = OccupiedDirectories()
    one = Occupant("v1", "team-a", provisioned=True, shared=True)
    occupied.put(replace(one, ending=True), "main", ("a",))

    assert occupied.reserve(replace(one, volume="v2"), "main", ("a",)) == "volume v1 already uses it"
    occupied.drop("v1")
    assert occupied.reserve(replace(one, volume="v2"), "main", ("a",)) is None
