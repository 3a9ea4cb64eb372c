"""The Kubernetes programs: those the machine has, else built from Go modules, once.

No package registry ships kube-apiserver, but `k8s.io/kubernetes` is a Go module, and so are etcd and Helm.
`testbed/binaries/go.mod` names them all as tools of one small module; it is the one place for their versions.
"""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from testbed.cache import cache_key, cached
from testbed.golang import build_tools, go_target
from testbed.progress import Progress

MODULE: Final = Path(__file__).parent / "binaries"

# What `go build` calls each program, where that differs: etcd's main package is `.../server/v3`.
_BUILT_AS: Final = {"etcd": "server"}
NAMES: Final = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "helm",
)
_WHY: Final = "no registry ships them: about 10 minutes on 2 cores, once; needs 3 GB of memory"


@dataclass(frozen=True, slots=True)
class Programs:
    """Where each program is."""

    paths: dict[str, Path]

    def path(self, name: str) -> Path:
        """The path of one of `NAMES`."""
        return self.paths[name]

    def folders(self) -> list[Path]:
        """The folders that hold them, for PATH."""
        return list(dict.fromkeys(path.parent for path in self.paths.values()))


def module_version(module: str) -> str:
    """The version, such as `v1.37.2`, of a Go module that the testbed's programs are built from."""
    found = re.search(rf"^\s*{re.escape(module)} (v\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert found, f"{module} is not in {MODULE}/go.mod"
    return found[1]


def linker_flags() -> str:
    """The flags that strip the programs and stamp the version, which they would otherwise give as v0.0.0."""
    version = module_version("k8s.io/kubernetes")
    major, minor, _ = version.removeprefix("v").split(".")
    stamp = "k8s.io/component-base/version"
    return f"-s -w -X {stamp}.gitVersion={version} -X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor}"


def obtain_programs(progress: Progress) -> Programs:
    """Find the programs: in `KUBEBUILDER_ASSETS`, in the cache, or built into the cache now.

    Raises `PartUnavailable` where they can be neither found nor built.
    """
    found = find_assets(NAMES)
    lacking = [name for name in NAMES if name not in found]
    if lacking:
        folder = cached("programs", _key(), partial(_build, progress=progress), progress.say)
        found |= {name: folder / name for name in lacking}
    return Programs({name: found[name] for name in NAMES})


def find_assets(names: Sequence[str]) -> dict[str, Path]:
    """The programs that are in the folder `KUBEBUILDER_ASSETS`, as `setup-envtest` lays them out."""
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    if not folder:
        return {}
    candidates = {name: Path(folder).absolute() / name for name in names}
    return {name: path for name, path in candidates.items() if os.access(path, os.X_OK)}


def _key() -> str:
    sums = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    return cache_key(*sums, linker_flags(), go_target())


def _build(folder: Path, progress: Progress) -> None:
    with progress.step("building etcd, Kubernetes and Helm from Go modules", _WHY) as report:
        build_tools(MODULE, folder, linker_flags(), report)
    for name, built_as in _BUILT_AS.items():
        shutil.move(folder / built_as, folder / name)
