"""Path patterns: whatever tenants put in, a path keeps to the segments that the administrator drew."""

import posixpath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import PathRefused
from policy.paths import RESERVED, split_path
from policy.patterns import DEFAULT_PATTERN, PathPattern

VOLUME = "pvc-1234"


def claim(
    labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None, name: str = "data"
) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "team-a",
            "name": name,
            "labels": {"app": "web", "example.com/part-of": "shop", "none": "", **(labels or {})},
            "annotations": {"nfs.io/storage-path": "reports", **(annotations or {})},
        }
    }


def expanded(pattern: str, of: dict[str, Any] | None = None) -> str:
    return "/".join(PathPattern.parse(pattern).expand(of or claim(), VOLUME))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param(DEFAULT_PATTERN, "team-a-data-pvc-1234", id="the default, as nfs-subdir has it"),
        pytest.param("${.PVC.namespace}/${.PVC.name}", "team-a/data", id="nfs-subdir's spelling"),
        pytest.param("${pvc.metadata.namespace}/${pvc.metadata.name}", "team-a/data", id="csi-driver-nfs's spelling"),
        pytest.param("${.PV.name}", "pvc-1234", id="the volume's name, in nfs-subdir's manner"),
        pytest.param(
            "${.PVC.namespace}/${.PVC.annotations.nfs.io/storage-path}", "team-a/reports", id="nfs-subdir's example"
        ),
        pytest.param("${.PVC.labels.app}", "web", id="label"),
        pytest.param("${.PVC.labels.example.com/part-of}/x", "shop/x", id="a label with dots and a slash in its key"),
        pytest.param("${pvc.metadata.labels.app}", "web", id="label, in csi-driver-nfs's manner"),
        pytest.param("${pvc.metadata.annotations.nfs.io/storage-path}", "reports", id="annotation, likewise"),
        pytest.param("${.PVC.labels.tier:-none}", "none", id="fallback for a missing label"),
        pytest.param("${.PVC.labels.none:-some}", "some", id="fallback for an empty label"),
        pytest.param("${.PVC.labels.app:-none}", "web", id="fallback that is not needed"),
        pytest.param("${.PVC.annotations.example.com/x:-a:-b}", "a:-b", id="fallback with the separator in it"),
        pytest.param("a/b-${.PVC.name}.d/c", "a/b-data.d/c", id="literal parts, several levels"),
        pytest.param("/volumes/${pv.metadata.name}/", "volumes/pvc-1234", id="slashes around it"),
        pytest.param("${.PVC.name}${.PVC.name}", "datadata", id="one variable twice, side by side"),
        pytest.param("fixed", "fixed", id="no variable"),
        pytest.param("$x-{y}", "$x-{y}", id="no variable, though it looks like one"),
        pytest.param("x/.nfs-steward", "x/.nfs-steward", id="our area's name, elsewhere"),
    ],
)
def test_a_pattern_becomes_a_path(pattern: str, path: str) -> None:
    assert expanded(pattern) == path


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param("/", "it is empty", id="the export's root"),
        pytest.param("a//b", "it is empty", id="empty segment"),
        pytest.param("../${.PVC.name}", "the one above", id="up"),
        pytest.param("${.PVC.namespace}/../${.PVC.name}", "the one above", id="up in between"),
        pytest.param("a/./b", "the directory itself", id="dot"),
        pytest.param("a\\${.PVC.name}", "a separator", id="backslash"),
        pytest.param("a\n", "a control character", id="line end"),
        pytest.param("${.PVC.uid}", "is none of", id="unknown variable"),
        pytest.param("${.PVC.Name}", "is none of", id="unknown case"),
        pytest.param("${.PVC.labels}", "is none of", id="all labels"),
        pytest.param("${.PVC.labels.}", "is none of", id="label without a key"),
        pytest.param("${.PVC.name:-x}", "is none of", id="fallback for what is always there"),
        pytest.param("${.PVC.labels.a b}", "cannot be the key", id="a key that no label has"),
        pytest.param("${.PVC.labels.a/b/c}", "cannot be the key", id="a key with two slashes"),
        pytest.param("${.PVC.labels.:-x}", "cannot be the key", id="only a fallback"),
        pytest.param("${.PVC.labels.app:-}", "fallback for app", id="empty fallback"),
        pytest.param("${.PVC.labels.app:-..}", "fallback for app", id="fallback that leads up"),
        pytest.param("${.PVC.labels.app:-a/b}", "fallback for app", id="fallback of two segments"),
        pytest.param("${}", "is none of", id="variable without a name"),
        pytest.param("${.PVC.name", "does not close", id="open variable"),
        pytest.param("${${.PVC.name}}", "does not close", id="variable in a variable"),
        pytest.param("${.PVC.labels.app:-${.PVC.name}}", "does not close", id="variable in a fallback"),
        pytest.param(".nfs-steward/${.PVC.name}", "nfs-steward's own", id="in our area"),
        pytest.param("/.NFS-STEWARD", "nfs-steward's own", id="our area, in other case"),
        pytest.param(".snapshot/${.PVC.name}", "of everybody's data", id="where a server keeps snapshots"),
        pytest.param("a" * 256, "longer than 255 bytes", id="a segment that is too long"),
        pytest.param("a/" * 600, "longer than 1024 characters", id="too long"),
    ],
)
def test_a_pattern_that_can_be_no_path_is_refused_when_it_is_read(pattern: str, reason: str) -> None:
    with pytest.raises(PathRefused, match=reason):
        PathPattern.parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("${.PVC.labels.tier}", "label tier, which .* is missing", id="label"),
        pytest.param("${.PVC.labels.none}", "label none, which .* is empty", id="empty label"),
        pytest.param("x/${.PVC.labels.example.com/y}", "label example.com/y, ", id="label with a slash in its key"),
        pytest.param("${.PVC.annotations.nfs.io/x}", "annotation nfs.io/x, ", id="annotation"),
    ],
)
def test_what_is_missing_is_named(pattern: str, words: str) -> None:
    with pytest.raises(PathRefused, match=words):
        expanded(pattern)


HOSTILE = [
    pytest.param(".", id="the directory itself"),
    pytest.param("..", id="the directory above"),
    pytest.param("../../victim", id="up and away, as in CVE-2026-3864 and CVE-2025-62878"),
    pytest.param("a/../../../etc", id="down, then up"),
    pytest.param("/etc", id="absolute"),
    pytest.param("a/b", id="two segments"),
    pytest.param("a/", id="slash at the end"),
    pytest.param("..\\victim", id="backslash"),
    pytest.param("a\0b", id="NUL"),
    pytest.param("a\n", id="line end"),
    pytest.param("\u2028", id="line separator"),
    pytest.param("\ud800", id="half a character"),
    pytest.param("${.PVC.namespace}", id="a variable of its own"),
    pytest.param("${", id="the beginning of a variable"),
    pytest.param("a" * 256, id="too long"),
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("${.PVC.annotations.x}", id="alone"),
        pytest.param("x${pvc.metadata.annotations.x}", id="behind something"),
        pytest.param("a/${.PVC.annotations.x}/b", id="between segments"),
        pytest.param("${.PVC.namespace}-${.PVC.annotations.x}", id="behind another value"),
        pytest.param("${.PVC.annotations.x:-safe}", id="with a fallback"),
    ],
)
def test_a_hostile_value_is_refused_by_name_wherever_it_goes(pattern: str, value: str) -> None:
    with pytest.raises(PathRefused, match=r"^annotation x: .* cannot be the name of a directory"):
        expanded(pattern, claim(annotations={"x": value}))


@pytest.mark.parametrize(
    ("pattern", "annotations"),
    [
        pytest.param("${.PVC.annotations.x}/a", {"x": ".nfs-steward"}, id="whole"),
        pytest.param(".${.PVC.annotations.x}", {"x": "nfs-steward"}, id="in part"),
        pytest.param("${.PVC.annotations.x}${.PVC.annotations.y}", {"x": ".nfs", "y": "-steward"}, id="in two"),
        pytest.param("${.PVC.annotations.x}", {"x": ".NFS-Steward"}, id="in other case"),
    ],
)
def test_no_value_leads_into_our_own_area(pattern: str, annotations: dict[str, str]) -> None:
    with pytest.raises(PathRefused, match="nfs-steward's own"):
        expanded(pattern, claim(annotations=annotations))


@pytest.mark.parametrize(
    ("pattern", "annotations"),
    [
        pytest.param("${.PVC.annotations.x}", {"x": ".snapshot"}, id="snapshots of an ONTAP server"),
        pytest.param("teams/${.PVC.annotations.x}", {"x": ".snapshot"}, id="of a directory, there"),
        pytest.param(".${.PVC.annotations.x}", {"x": "zfs"}, id="of ZFS, in part"),
        pytest.param("${.PVC.annotations.x}/hourly", {"x": "@Recently-Snapshot"}, id="of a NAS, and on below"),
        pytest.param("${.PVC.annotations.x}", {"x": "#RECYCLE"}, id="what anybody has deleted, in other case"),
        pytest.param("${.PVC.annotations.x}", {"x": "lost+found"}, id="what fsck has found"),
    ],
)
def test_no_value_leads_to_what_a_server_keeps_of_everybody_s_data(pattern: str, annotations: dict[str, str]) -> None:
    with pytest.raises(PathRefused, match="keep something of everybody's data"):
        expanded(pattern, claim(annotations=annotations))


def test_two_harmless_values_make_no_way_up() -> None:
    with pytest.raises(PathRefused, match="the directory itself, or the one above"):
        expanded("${.PVC.annotations.x}.", claim(annotations={"x": "."}))


def test_segments_that_values_make_too_long_are_refused() -> None:
    with pytest.raises(PathRefused, match="longer than 255 bytes"):
        expanded("${.PVC.name}-${.PVC.name}", claim(name="a" * 200))


def test_a_path_that_nfs_could_not_mount_is_refused() -> None:
    with pytest.raises(PathRefused, match="longer than 1024 bytes"):
        expanded("/".join(["${.PVC.name}"] * 5), claim(name="a" * 250))


@pytest.mark.parametrize(
    ("pattern", "constant"),
    [
        pytest.param("a/b", True, id="literal"),
        pytest.param("a/${.PVC.namespace}", False, id="a variable"),
        pytest.param("${.PVC.labels.x:-y}", False, id="a variable with a fallback"),
    ],
)
def test_a_pattern_knows_whether_every_claim_gets_the_same(pattern: str, constant: bool) -> None:
    assert PathPattern.parse(pattern).is_constant is constant


PIECES = (
    "${.PVC.name}",
    "${.PVC.annotations.x}",
    "${.PVC.annotations.y:-z}",
    "${pv.metadata.name}",
    ".nfs-steward",
    *("a", ".", "/", "-", "${", "}", "$", "\\"),
)
patterns = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
values = st.text(st.sampled_from("ab./\\\0${}-"), max_size=6) | st.text(max_size=6) | st.just(".nfs-steward")


@given(pattern=patterns, x=values, y=values, volume=values)
def test_a_path_never_leaves_its_segments_whatever_is_put_in(pattern: str, x: str, y: str, volume: str) -> None:
    try:
        read = PathPattern.parse(pattern)
        segments = read.expand(claim(annotations={"x": x, "y": y}), volume)
    except PathRefused:
        return
    path = posixpath.join("/export", *segments)
    assert posixpath.normpath(path) == path
    assert segments == split_path(path)[1:]
    assert len(segments) == pattern.strip("/").count("/") + 1
    assert segments[0] != RESERVED


@given(pattern=patterns | st.text(max_size=40))
def test_a_pattern_is_read_or_refused_and_nothing_else(pattern: str) -> None:
    try:
        read = PathPattern.parse(pattern)
    except PathRefused:
        return
    assert read.written == pattern
    assert not read.is_constant or read.expand({}, "") == split_path(f"/{pattern}")
