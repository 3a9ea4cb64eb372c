"""Which export a server and a path lead to: by names and segments, never by prefixes of text."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.exports import Elsewhere, Inside, ManagedExports, Reaching, inline_path_allowed
from policy.model import Export


def export(server: str, path: str, name: str = "main") -> Export:
    return Export(name=name, server=server, path=path)


@pytest.mark.parametrize(
    ("server", "path", "segments"),
    [
        pytest.param("10.0.0.5", "/nfs/data", (), id="the root itself"),
        pytest.param("10.0.0.5", "/nfs/data/", (), id="the root with a slash"),
        pytest.param("10.0.0.5", "/nfs/data/team-a/x", ("team-a", "x"), id="below the root"),
        pytest.param("10.0.0.5", "//nfs/./data//team-a/", ("team-a",), id="collapsing slashes and dots"),
        pytest.param("10.0.0.5", "nfs/data/team-a", ("team-a",), id="as an NFSv4 client reads a relative path"),
        pytest.param("NFS.corp.Example.", "/nfs/data/a", ("a",), id="alias in another case"),
        pytest.param("[FD00:0::7]", "/nfs/data/a", ("a",), id="alias that is an IPv6 address"),
    ],
)
def test_a_path_on_the_export_is_inside(
    exports: ManagedExports, server: str, path: str, segments: tuple[str, ...]
) -> None:
    assert exports.locate(server, path) == Inside(exports.exports[0], segments)


@pytest.mark.parametrize(
    ("server", "path"),
    [
        pytest.param("10.0.0.6", "/nfs/data", id="another server"),
        pytest.param("10.0.0.5", "/nfs/data2", id="a longer name"),
        pytest.param("10.0.0.5", "/nfs/dat", id="a shorter name"),
        pytest.param("10.0.0.5", "/nfs/Data", id="another case"),
        pytest.param("10.0.0.5", "/data", id="the last segment alone"),
        pytest.param("10.0.0.5", "/other/nfs/data", id="the same segments further down"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_another_server_or_path_is_elsewhere(exports: ManagedExports, server: str, path: str) -> None:
    assert exports.locate(server, path) == Elsewhere()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("/", "contains the whole export main", id="the server's root"),
        pytest.param("/nfs", "contains the whole export main", id="the directory above"),
        pytest.param("", "contains the whole export main", id="no path"),
        pytest.param("/nfs/data/../x", "the one above", id="out of the export"),
        pytest.param("/nfs/x/../data/a", "the one above", id="into the export"),
        pytest.param("/x/../nfs/data", "the one above", id="from elsewhere"),
        pytest.param("/nfs/data/a\0", "control character", id="NUL"),
        pytest.param("/nfs/data/.nfs-steward", "nfs-steward's own", id="our own area"),
        pytest.param("/nfs/data/.NFS-steward/aside/x", "nfs-steward's own", id="in our own area, in other case"),
        pytest.param("/nfs/data/a\\b", "separator", id="backslash"),
        pytest.param("/nfs/data/${pvc.metadata.name}", "variable", id="a variable that the driver fills in"),
    ],
)
def test_a_path_that_could_lead_there_is_reaching(exports: ManagedExports, path: str, reason: str) -> None:
    location = exports.locate("10.0.0.5", path)
    assert isinstance(location, Reaching)
    assert location.export is exports.exports[0]
    assert reason in location.reason


def test_of_exports_inside_each_other_the_innermost_counts() -> None:
    outer, inner = export("nfs", "/srv", "outer"), export("nfs", "/srv/fast", "inner")
    managed = ManagedExports([outer, inner])
    assert managed.locate("nfs", "/srv/fast/a") == Inside(inner, ("a",))
    assert managed.locate("nfs", "/srv/faster") == Inside(outer, ("faster",))
    assert managed.locate("nfs", "/srv") == Inside(outer, ())


@pytest.mark.parametrize(
    ("on", "segments", "why"),
    [
        pytest.param("outer", ("fast", "disks"), "it lies on export inner", id="its root"),
        pytest.param("outer", ("fast", "disks", "a"), "it lies on export inner", id="in it"),
        pytest.param("outer", ("fast",), "export inner lies inside it", id="above it"),
        pytest.param("outer", ("fast", "disks2"), None, id="beside it"),
        pytest.param("outer", ("a",), None, id="elsewhere"),
        pytest.param("inner", ("a",), None, id="on the inner one"),
        pytest.param("other", ("fast",), None, id="on another server"),
    ],
)
def test_what_an_export_inside_has_is_no_directory_of_the_one_around_it(
    on: str, segments: tuple[str, ...], why: str | None
) -> None:
    inner = Export(server="nfs.corp.example", aliases=["NFS"], path="/srv/fast/disks", name="inner")
    managed = ManagedExports([export("nfs", "/srv", "outer"), inner, export("other", "/srv", "other")])
    found = managed.named(on)
    assert found is not None
    assert managed.entangled(found, segments) == why


def test_everything_on_a_server_lies_on_an_export_of_its_root() -> None:
    root = export("nfs", "/")
    managed = ManagedExports([root])
    assert managed.locate("nfs", "/") == Inside(root, ())
    assert managed.locate("nfs", "/a/b") == Inside(root, ("a", "b"))


def test_exports_of_one_path_on_two_servers_are_kept_apart() -> None:
    one, two = export("nfs-1", "/data", "one"), export("nfs-2", "/data", "two")
    managed = ManagedExports([one, two])
    assert managed.locate("nfs-2", "/data/x") == Inside(two, ("x",))
    assert managed.named("one") is one
    assert managed.named("three") is None


words = st.sampled_from(["nfs", "data", "data2", "a", "..", ".", "", "DATA", "nfs.", "${x}", "\0"])
written_paths = st.lists(words, max_size=6).map(lambda parts: "/" + "/".join(parts))
export_paths = st.lists(st.sampled_from(["nfs", "data", "a"]), max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(root=export_paths, path=written_paths | st.text(max_size=20))
def test_a_path_is_called_inside_only_where_the_server_would_walk_there(root: str, path: str) -> None:
    """The server's walk is modelled by normpath: it leaves nothing that could be read in two ways."""
    location = ManagedExports([export("nfs", root)]).locate("nfs", path)
    if isinstance(location, Inside):
        walked = posixpath.normpath("/" + path.lstrip("/"))
        assert ".." not in path.split("/")
        assert walked == posixpath.join(location.export.path, *location.segments)


@given(root=export_paths, path=written_paths)
def test_a_path_is_called_elsewhere_only_where_it_can_neither_hold_nor_reach_the_export(root: str, path: str) -> None:
    if isinstance(ManagedExports([export("nfs", root)]).locate("nfs", path), Elsewhere):
        walked = posixpath.normpath("/" + path.lstrip("/"))
        assert ".." not in path.split("/")
        assert posixpath.commonpath([walked, root]) not in (walked, root)


NAMESPACE_ONLY = ("/nfs/data/${namespace}",)


@pytest.mark.parametrize(
    ("patterns", "path", "allowed"),
    [
        pytest.param(NAMESPACE_ONLY, "/nfs/data/team-a", True, id="the directory itself"),
        pytest.param(NAMESPACE_ONLY, "/nfs/data/team-a/x/y", True, id="below it"),
        pytest.param(NAMESPACE_ONLY, "/nfs//data/./team-a/", True, id="written otherwise"),
        pytest.param(NAMESPACE_ONLY, "/nfs/data/team-ab", False, id="a longer name"),
        pytest.param(NAMESPACE_ONLY, "/nfs/data/team-b", False, id="another namespace's"),
        pytest.param(NAMESPACE_ONLY, "/nfs/data", False, id="the directory above"),
        pytest.param(NAMESPACE_ONLY, "/nfs/data/team-a/../team-b", False, id="up and away"),
        pytest.param(NAMESPACE_ONLY, "/nfs/data/${namespace}", False, id="the pattern itself"),
        pytest.param(("/nfs/data/shared", *NAMESPACE_ONLY), "/nfs/data/shared/x", True, id="one of several"),
        pytest.param(("/nfs/data/x-${namespace}-y",), "/nfs/data/x-team-a-y", True, id="within a segment"),
        pytest.param((), "/anything", True, id="no rule"),
    ],
)
def test_inline_paths_rule_by_segments(patterns: tuple[str, ...], path: str, allowed: bool) -> None:
    assert inline_path_allowed(patterns, "team-a", path) is allowed


@given(path=written_paths)
def test_what_inline_paths_allow_lies_below_the_namespaces_own_directory(path: str) -> None:
    if inline_path_allowed(("/nfs/${namespace}",), "data", path):
        assert posixpath.commonpath([posixpath.normpath(path), "/nfs/data"]) == "/nfs/data"
