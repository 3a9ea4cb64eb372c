import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.cache import Cache, Change, Key, key_of
from policy.errors import WrongShape

KEYS = st.sampled_from([Key("ns", name) for name in "abcd"])
VALUES = st.integers(0, 2)


def test_the_key_of_an_object_is_its_namespace_and_name():
    assert key_of({"metadata": {"name": "a", "namespace": "web"}}) == Key("web", "a")
    assert key_of({"metadata": {"name": "a"}}) == Key(None, "a")


@pytest.mark.parametrize("obj", [{}, {"metadata": {"name": ""}}, {"metadata": {"name": 7}}])
def test_an_object_without_a_name_has_no_key(obj):
    with pytest.raises(WrongShape):
        key_of(obj)


def test_keeping_the_same_again_is_no_change():
    cache: Cache[str] = Cache()
    key = Key("web", "a")
    assert cache.put(key, "x") == Change("added", key, None, "x")
    assert cache.put(key, "x") is None
    assert cache.put(key, "y") == Change("changed", key, "x", "y")
    assert cache.put(key, None) == Change("removed", key, "y", None)
    assert cache.put(key, None) is None


def test_what_is_equal_after_a_replacement_is_the_very_same_object():
    cache: Cache[list[int]] = Cache()
    before = [1]
    cache.put(Key(None, "a"), before)
    cache.replace({Key(None, "a"): [1]})
    assert cache.get(Key(None, "a")) is before


@given(st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
def test_a_replacement_leaves_exactly_the_new_state_and_its_changes_lead_there(before, after):
    cache: Cache[int] = Cache()
    cache.replace(before)
    changes = cache.replace(after)
    assert {key: cache.get(key) for key in {*before, *after} if cache.get(key) is not None} == after
    assert replay(before, changes) == after
    assert len(changes) == len(diff(before, after))


def diff(before, after):
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


def replay(state, changes):
    """What a listener that was at `state` believes after the changes; each must fit what it believed before."""
    believed = dict(state)
    for change in changes:
        assert believed.get(change.key) == change.old
        assert change.kind == kind(change)
        if change.new is None:
            del believed[change.key]
        else:
            believed[change.key] = change.new
    return believed


def kind(change):
    if change.old is None:
        return "added"
    return "removed" if change.new is None else "changed"
