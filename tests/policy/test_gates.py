"""Gates: a Pod waits for every export that it touches, and for no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.gates import export_gate, gates_for, gates_to_lift
from policy.keys import DIRECTORY_GATE

FOREIGN = "example.com/other"


@pytest.mark.parametrize(
    ("exports", "gates"),
    [
        pytest.param([], (), id="no export"),
        pytest.param(["main"], (DIRECTORY_GATE,), id="one"),
        pytest.param(["main", "main"], (DIRECTORY_GATE,), id="one, twice"),
        pytest.param(["b", "a"], (DIRECTORY_GATE, export_gate("a"), export_gate("b")), id="two"),
    ],
)
def test_a_pod_carries_one_gate_and_one_more_for_each_of_several_exports(
    exports: list[str], gates: tuple[str, ...]
) -> None:
    assert gates_for(exports) == gates


def test_the_longest_export_name_makes_a_qualified_name() -> None:
    _, _, name = export_gate("a" * 40).partition("/")
    assert len(name) <= 63


@pytest.mark.parametrize(
    ("present", "own", "touched", "lifted"),
    [
        pytest.param((DIRECTORY_GATE,), "a", {"a"}, (DIRECTORY_GATE,), id="one export"),
        pytest.param((FOREIGN, DIRECTORY_GATE), "a", {"a"}, (DIRECTORY_GATE,), id="beside a foreign gate"),
        pytest.param(gates_for("ab"), "a", {"a", "b"}, (export_gate("a"),), id="the first of two"),
        pytest.param(
            (DIRECTORY_GATE, export_gate("b")),
            "b",
            {"a", "b"},
            (DIRECTORY_GATE, export_gate("b")),
            id="the last of two",
        ),
        pytest.param((DIRECTORY_GATE, export_gate("b")), "a", {"a", "b"}, (), id="done before"),
        pytest.param(
            (DIRECTORY_GATE, export_gate("a"), export_gate("gone")),
            "a",
            {"a"},
            (DIRECTORY_GATE, export_gate("a"), export_gate("gone")),
            id="a gate for an export that the policy no longer has",
        ),
        pytest.param((FOREIGN,), "a", {"a"}, (), id="no gate of ours"),
    ],
)
def test_an_export_that_is_done_lifts_its_own_gate_and_the_last_one_all(
    present: tuple[str, ...], own: str, touched: set[str], lifted: tuple[str, ...]
) -> None:
    assert gates_to_lift(present, own, touched) == lifted


@given(st.sets(st.sampled_from("abcd"), min_size=1).flatmap(lambda exports: st.permutations(sorted(exports))))
def test_in_whatever_order_exports_are_done_only_the_last_one_frees_the_pod(order: list[str]) -> None:
    gates = [FOREIGN, *gates_for(order)]
    for done, export in enumerate(order, start=1):
        lifted = gates_to_lift(gates, export, set(order))
        gates = [gate for gate in gates if gate not in lifted]
        assert (DIRECTORY_GATE in gates) == (done < len(order))
    assert gates == [FOREIGN]
