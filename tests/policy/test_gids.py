from datetime import date

import pytest

from policy import keys
from policy.gids import Holder, Ledger, read_ledger, uid_mark
from policy.shapes import Json

UID = "0f0d2c55-8f3f-4b8e-9f4e-3a3c1b2a9d10"
OTHER_UID = "1f0d2c55-8f3f-4b8e-9f4e-3a3c1b2a9d10"
MARK = uid_mark(UID)


def config_map(**entries: str) -> Json:
    """The ledger with these entries, each name's leading underscore left out."""
    data = {key.removeprefix("_"): value for key, value in entries.items()}
    return {"kind": "ConfigMap", "metadata": {"name": keys.GID_LEDGER, "resourceVersion": "7"}, "data": data}


def test_what_is_written_is_read_again() -> None:
    living, gone = Holder("team-a", MARK), Holder("team-b", "no-uuid", date(2026, 1, 31))

    ledger = read_ledger(config_map(_100000=str(living), _100001=str(gone)))

    assert ledger == Ledger({100000: living, 100001: gone}, version="7")
    assert str(gone) == "team-b no-uuid 2026-01-31"


def test_a_ledger_without_entries_is_empty() -> None:
    assert read_ledger({"metadata": {"resourceVersion": "7"}}) == Ledger(version="7")


def test_a_uid_takes_less_room_than_it_is_written_with() -> None:
    assert len(MARK) == 22
    assert uid_mark(OTHER_UID) != MARK
    assert uid_mark("uid-of-a") == "uid-of-a"


@pytest.mark.parametrize(
    ("namespace", "uid", "gid"),
    [
        pytest.param("team-a", UID, 100000, id="it"),
        pytest.param("team-a", OTHER_UID, None, id="a later one of its name"),
        pytest.param("team-b", UID, None, id="another"),
        pytest.param("gone", UID, None, id="one that is gone"),
    ],
)
def test_a_namespace_is_known_by_name_and_uid(namespace: str, uid: str, gid: int | None) -> None:
    ledger = read_ledger(config_map(_100000=f"team-a {MARK}", _100001=f"gone {MARK} 2026-01-31"))

    assert ledger.gid_of(namespace, uid) == gid


def test_of_several_gids_the_lowest_counts_and_the_rest_is_told() -> None:
    ledger = read_ledger(config_map(_100003=f"team-a {MARK}", _100001=f"team-a {MARK}"))

    assert ledger.gid_of("team-a", UID) == 100001
    assert ledger.damage == ("entry '100003': namespace team-a has gid 100001 already, and keeps that",)
    assert ledger.is_taken(100003)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="nothing"),
        pytest.param("team-a", id="no uid"),
        pytest.param(f"Team-A {MARK}", id="no name of a namespace"),
        pytest.param(f"{'a' * 64} {MARK}", id="a name that is too long"),
        pytest.param("keep off!", id="no uid, though it looks like one"),
        pytest.param(f"team-a  {MARK}", id="two spaces"),
        pytest.param(f"team-a {MARK}\n", id="a line break"),
        pytest.param(f"team-a {MARK} 2026-02-30", id="no day"),
        pytest.param(f"team-a {MARK} gone", id="no date"),
        pytest.param(f"team-a {MARK} 2026-01-31 x", id="more"),
        pytest.param("téam m", id="no ASCII"),
    ],
)
def test_a_gid_whose_entry_cannot_be_read_is_nobodys_and_not_free(value: str) -> None:
    ledger = read_ledger(config_map(_100000=value, _100001=f"team-b {MARK}"))

    assert ledger.gid_of("team-b", UID) == 100001
    assert list(ledger.holders) == [100001]
    assert ledger.is_taken(100000)
    assert len(ledger.damage) == 1
    assert "100000" in ledger.damage[0]


@pytest.mark.parametrize("key", ["notes", "0100000", "0", "-5", "4294967295", "99999999999", "١٢"])
def test_a_key_that_is_no_gid_is_told_and_nothing_else(key: str) -> None:
    ledger = read_ledger(config_map(**{f"_{key}": f"team-a {MARK}"}))

    assert (ledger.holders, ledger.withheld, len(ledger.damage)) == ({}, frozenset(), 1)


MOST = 1024 * 1024
"""Bytes of values that the API server takes in a ConfigMap."""


@pytest.mark.parametrize(
    ("length", "at_least"),
    [
        pytest.param(63, 10_700, id="with the longest names, more than Kubernetes is made for"),
        pytest.param(20, 16_000, id="with usual ones"),
    ],
)
def test_so_many_namespaces_fit_also_when_all_of_them_are_gone(length: int, at_least: int) -> None:
    holders = {gid: Holder(f"{gid:0{length}}", MARK) for gid in range(100_000, 100_000 + at_least)}
    one_more = Holder("x" * length, MARK)

    assert Ledger(holders).room >= one_more.cost
    full = Ledger({**holders, **dict.fromkeys(range(200000, 200000 + MOST // 100), one_more)})
    assert full.room < one_more.cost
    gone = [Holder(each.namespace, each.uid_mark, date(2026, 1, 31)) for each in holders.values()]
    assert sum(len(str(each)) for each in gone) < MOST


def test_what_cannot_be_read_takes_room_too() -> None:
    assert read_ledger(config_map(notes="x" * 1_400_000)).room < Holder("team-a", MARK).cost
