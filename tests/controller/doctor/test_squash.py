"""Whom a server takes us for shows in the owners of what is made."""

import pytest

from controller.doctor.squash import Squash, Wish, gives_away, not_had, squash_of, wishes_on
from controller.export.trying import SOMEBODY, WriteTrial
from tests.controller.doctor.objects import policy, seen, storage_class, trial

NOBODY = 65534


@pytest.mark.parametrize(
    ("made", "squash"),
    [
        pytest.param(trial(), Squash.NOBODY, id="root stays root"),
        pytest.param(trial(owner=NOBODY, others=SOMEBODY), Squash.ROOT, id="root is nobody, others stay themselves"),
        pytest.param(trial(owner=NOBODY, others=NOBODY), Squash.ALL, id="all are nobody"),
        pytest.param(trial(owner=NOBODY, others=None), Squash.ROOT_OR_ALL, id="we may not act for others"),
        pytest.param(trial(uid=1000, owner=1000, others=None), Squash.NOT_ALL, id="a user stays itself"),
        pytest.param(trial(uid=1000, owner=NOBODY, others=None), Squash.ALL, id="a user is nobody"),
    ],
)
def test_the_owners_tell_how_a_server_squashes(made: WriteTrial, squash: Squash) -> None:
    assert squash_of(made) is squash


GIDS = policy(
    """
    profiles: [{name: default}]
    exports:
    - {name: main, server: a, path: /x, directories: {uid: 7}}
    - {name: other, server: a, path: /y}
    gidRange: {from: 5000, to: 6000}
    """
)


def test_the_export_and_each_class_on_it_have_wishes() -> None:
    classes = (
        storage_class("own", parameters={"export": "main", "gid": "9"}),
        storage_class("plain", parameters={"export": "main"}),
        storage_class("elsewhere", parameters={"export": "other", "uid": "1"}),
        storage_class("wrong", parameters={"export": "main", "uid": "x"}),
    )
    wishes = list(wishes_on("main", seen(policy=GIDS, classes=classes)))
    assert wishes == [Wish("directories of export main", 7, "auto"), Wish("class own", 7, 9)]


@pytest.mark.parametrize(
    ("wish", "given"),
    [
        pytest.param(Wish("x", 0, 0), False, id="root's"),
        pytest.param(Wish("x", 1, 0), True, id="another's"),
        pytest.param(Wish("x", 0, 1), True, id="another group's"),
        pytest.param(Wish("x", 0, "auto"), True, id="a group's for each namespace"),
    ],
)
def test_only_what_is_not_to_be_roots_is_given_away(wish: Wish, given: bool) -> None:
    assert gives_away(iter([wish])) is given


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        pytest.param(Wish("x", 1000, 1000), [], id="what it is anyway"),
        pytest.param(Wish("x", 0, 1000), ["uid 0"], id="another owner"),
        pytest.param(Wish("x", 1000, 5), ["gid 5"], id="another group"),
        pytest.param(Wish("x", 0, "auto"), ["uid 0", "a gid for each namespace"], id="both"),
    ],
)
def test_a_server_that_gives_nothing_away_refuses_what_differs(wish: Wish, refused: list[str]) -> None:
    made = trial(uid=1000, owner=1000, gives_owner=False, gives_group=False)
    assert not_had(wish, made) == refused
    assert not_had(wish, trial(uid=0, owner=0)) == []
