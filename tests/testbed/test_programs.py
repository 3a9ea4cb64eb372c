import re
from pathlib import Path

import pytest

from testbed.golang import parse_version
from testbed.programs import MODULE, NAMES, find_assets, linker_flags, module_version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("go version go1.26.8 linux/amd64\n", (1, 26), id="a release"),
        pytest.param("go version go1.27 linux/arm64", (1, 27), id="a release without a third number"),
        pytest.param("go version go1.27rc1 linux/amd64", (1, 27), id="a candidate"),
        pytest.param("go version devel +abc", None, id="built from source"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_version_of_go_is_read_from_what_it_prints(text: str, expected: tuple[int, int] | None) -> None:
    assert parse_version(text) == expected


def test_the_stamped_version_is_the_one_of_the_module_file() -> None:
    version = module_version("k8s.io/kubernetes")
    assert re.fullmatch(r"v1\.\d+\.\d+", version)
    assert f"gitVersion={version} " in linker_flags()
    assert f"gitMinor={version.split('.')[1]}" in linker_flags()


def test_kubernetes_staging_modules_have_the_version_of_kubernetes() -> None:
    staged = module_version("k8s.io/kubernetes").replace("v1.", "v0.", 1)
    for module in ("k8s.io/api", "k8s.io/apiserver", "k8s.io/client-go", "k8s.io/kubelet"):
        assert module_version(module) == staged


def test_every_program_is_a_tool_of_the_module() -> None:
    tools = (MODULE / "go.mod").read_text().partition("\ntool (")[2].split()
    built = {tool.rpartition("/")[2] for tool in tools if "/" in tool}
    assert built - {"v3"} == set(NAMES) - {"etcd"}
    assert "go.etcd.io/etcd/server/v3" in tools


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    (tmp_path / "etcd").touch(mode=0o755)
    (tmp_path / "kubectl").touch(mode=0o644)
    return tmp_path


def test_programs_are_taken_from_kubebuilder_assets_where_they_can_be_run(assets: Path) -> None:
    assert find_assets(NAMES) == {"etcd": assets / "etcd"}


def test_without_kubebuilder_assets_none_is_found(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS")
    assert find_assets(NAMES) == {}
