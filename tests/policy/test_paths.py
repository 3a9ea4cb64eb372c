"""Paths: no value that a tenant chose leads out of its segment."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import PathRefused
from policy.paths import DEFAULT_PATTERN, check_segment, expand_pattern, split_path

CLAIM = {
    "pvc.metadata.namespace": "team-a",
    "pvc.metadata.name": "data",
    "pv.metadata.name": "pvc-1234",
    ".PVC.labels.example.com/app": "web",
}

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


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("pattern", [DEFAULT_PATTERN, "${.PVC.name}", "x${pvc.metadata.name}", "a/${.PVC.name}/b"])
def test_a_hostile_value_is_refused_wherever_a_pattern_puts_it(pattern: str, value: str) -> None:
    with pytest.raises(PathRefused):
        expand_pattern(pattern, {**CLAIM, "pvc.metadata.name": value})


@pytest.mark.parametrize("value", ["data", "...", ".hidden", "a b", "Ünïcode", "-x", "a" * 255, "a..b", "~root", "*"])
def test_a_plain_value_is_a_segment_as_it_is(value: str) -> None:
    assert check_segment(value) == value


@pytest.mark.parametrize(
    ("pattern", "segments"),
    [
        pytest.param(DEFAULT_PATTERN, ("team-a-data-pvc-1234",), id="default"),
        pytest.param("${.PVC.namespace}/${.PVC.name}", ("team-a", "data"), id="nfs-subdir's spelling"),
        pytest.param(
            "${pvc.metadata.namespace}/${pvc.metadata.name}", ("team-a", "data"), id="csi-driver-nfs's spelling"
        ),
        pytest.param("/volumes/${pv.metadata.name}/", ("volumes", "pvc-1234"), id="slashes around it"),
        pytest.param("${.PVC.labels.example.com/app}", ("web",), id="a variable with a slash in its name"),
        pytest.param("fixed", ("fixed",), id="no variable"),
        pytest.param("$x-{y}", ("$x-{y}",), id="no variable, though it looks like one"),
    ],
)
def test_a_pattern_becomes_segments(pattern: str, segments: tuple[str, ...]) -> None:
    assert expand_pattern(pattern, CLAIM) == segments


def test_values_may_be_given_in_either_peers_spelling() -> None:
    ours = {".PVC.namespace": "team-a", ".PVC.name": "data", ".PV.name": "pvc-1234"}
    assert expand_pattern("${pvc.metadata.namespace}/${pvc.metadata.name}/${pv.metadata.name}", ours) == (
        "team-a",
        "data",
        "pvc-1234",
    )


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("/", "it is empty", id="the export's root"),
        pytest.param("a//b", "it is empty", id="empty segment"),
        pytest.param("../${.PVC.name}", "the one above", id="up"),
        pytest.param("a/./b", "the directory itself", id="dot"),
        pytest.param("${.PVC.uid}", "is none of", id="unknown variable"),
        pytest.param("${}", "does not close", id="variable without a name"),
        pytest.param("${.PVC.name", "does not close", id="open variable"),
        pytest.param("${${.PVC.name}}", "does not close", id="variable in a variable"),
        pytest.param("a" * 2000, "longer than 1024", id="too long"),
    ],
)
def test_a_pattern_that_is_no_path_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(PathRefused, match=reason):
        expand_pattern(pattern, CLAIM)


pieces = st.sampled_from(["${.PVC.name}", "${pv.metadata.name}", "a", ".", "/", "-", "${", "}", "$"])
values = st.text(st.sampled_from("ab./\\\0${}-"), max_size=6) | st.text(max_size=6)


@given(pattern=st.lists(pieces, max_size=8).map("".join), name=values, volume=values)
def test_whatever_is_put_in_the_path_stays_below_the_export(pattern: str, name: str, volume: str) -> None:
    try:
        segments = expand_pattern(pattern, {"pvc.metadata.name": name, "pv.metadata.name": volume})
    except PathRefused:
        return
    path = posixpath.join("/export", *segments)
    assert posixpath.normpath(path) == path
    assert path.startswith("/export/")
    assert segments == split_path(path)[1:]


@given(st.text())
def test_splitting_a_path_drops_only_what_the_server_would_drop(path: str) -> None:
    segments = split_path(path)
    assert "/".join(segment for segment in path.split("/") if segment not in ("", ".")) == "/".join(segments)
