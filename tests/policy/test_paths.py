"""Paths: no value that a tenant chose leads out of its segment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import PathRefused
from policy.paths import check_segment, is_reserved, split_path

HOSTILE = [
    pytest.param("", id="empty"),
    pytest.param(".", id="the directory itself"),
    pytest.param("..", id="the directory above"),
    pytest.param("/", id="root"),
    pytest.param("/etc", id="absolute"),
    pytest.param("a/b", id="two segments"),
    pytest.param("../../victim", id="up and away"),
    pytest.param("a/..", id="there and back"),
    pytest.param("..\\victim", id="backslash"),
    pytest.param("a\0b", id="NUL"),
    pytest.param("a\nb", id="line end"),
    pytest.param("a\x1b[31m", id="terminal escape"),
    pytest.param("a\x85b", id="control character beyond ASCII"),
    pytest.param("a\u2028b", id="line separator"),
    pytest.param("\ud800", id="half a character"),
    pytest.param("${pvc.metadata.name}", id="a variable for somebody else"),
    pytest.param("a" * 256, id="too long"),
    pytest.param("é" * 128, id="too long in bytes"),
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_no_segment(value: str) -> None:
    with pytest.raises(PathRefused, match="cannot be the name of a directory"):
        check_segment(value)


@pytest.mark.parametrize("value", ["data", "...", ".hidden", "a b", "Ünïcode", "-x", "a" * 255, "a..b", "~root", "*"])
def test_a_plain_value_is_a_segment_as_it_is(value: str) -> None:
    assert check_segment(value) == value


@pytest.mark.parametrize(
    ("segments", "reserved"),
    [
        pytest.param((".nfs-steward",), True, id="our area"),
        pytest.param((".nfs-steward", "aside", "x"), True, id="in our area"),
        pytest.param((".NFS-Steward",), True, id="in other case"),
        pytest.param(("a", ".nfs-steward"), False, id="deeper down"),
        pytest.param((".nfs-steward2",), False, id="a longer name"),
        pytest.param((), False, id="the root"),
    ],
)
def test_our_own_area_is_in_an_exports_root(segments: tuple[str, ...], reserved: bool) -> None:
    assert is_reserved(segments) is reserved


@given(st.text())
def test_splitting_a_path_drops_only_what_the_server_would_drop(path: str) -> None:
    segments = split_path(path)
    assert "/".join(segment for segment in path.split("/") if segment not in ("", ".")) == "/".join(segments)
