"""Where the description of a Kubernetes version's API comes from."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from testbed.errors import PartUnavailable
from testbed.openapi.published import published_api

VERSION = "v1.2.3"
GO = """#!/bin/sh
case "$1 $2" in
"version ") echo go version go1.99.0 linux/amd64 ;;
"env GOMODCACHE") printf '/nowhere\\nhttps://proxy.example\\n' ;;
"mod download") {download} ;;
esac
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` that tests write, as the only one, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    published_api.cache_clear()
    return tmp_path / "go"


def answers(go: Path, download: str) -> None:
    go.write_text(GO.format(download=download))
    go.chmod(0o755)


def test_of_the_module_one_file_is_kept(go: Path, tmp_path: Path) -> None:
    archive = tmp_path / "module.zip"
    kind = {"type": "object", "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}]}
    with ZipFile(archive, "w") as module:
        folder = f"k8s.io/kubernetes@{VERSION}/api/openapi-spec"
        module.writestr(f"{folder}/swagger.json", json.dumps({"definitions": {"Pod": kind}}))
        module.writestr(f"{folder}/README.md", "no")
    answers(go, f"""echo '{json.dumps({"Zip": str(archive)})}'""")
    assert published_api(VERSION).knows({"apiVersion": "v1", "kind": "Pod"})
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()].count("swagger.json") == 1
    assert not list((tmp_path / "cache").rglob("README.md"))


def test_without_a_proxy_the_part_is_unavailable(go: Path, tmp_path: Path) -> None:
    answers(go, "echo 'no such host' >&2; exit 1")
    with pytest.raises(PartUnavailable, match=r"the API of Kubernetes v1\.2\.3"):
        published_api(VERSION)
    assert not list((tmp_path / "cache").rglob("swagger.json"))
