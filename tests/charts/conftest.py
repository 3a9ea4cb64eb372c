"""`charts/nfs-steward` as Helm renders it."""

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.errors import PartUnavailable
from testbed.programs import obtain_programs
from testbed.progress import Progress

CHART = Path(__file__).parents[2] / "charts" / "nfs-steward"
EXPORT = {"server": "10.0.0.5", "path": "/nfs/data"}

Rendered = dict[tuple[str, str], dict[str, Any]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Helm is one of the testbed's programs: these tests run after those that need none of them."""
    for item in items:
        if "helm" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def chart_folder() -> Path:
    """Where the chart lies."""
    return CHART


@pytest.fixture(scope="session")
def helm() -> Path:
    """The real Helm. Skips where it can be neither found nor built."""
    try:
        return obtain_programs(Progress()).path("helm")
    except PartUnavailable as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def template(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `helm template` with values given as arguments, laid over one export; once for the same arguments.

    `kube` is the version of the cluster, where it matters.
    """
    folder = tmp_path_factory.mktemp("helm")

    def template(*, release: str = "nfs-steward", namespace: str = "storage", kube: str = "", **values: object):
        return once(release, namespace, kube, json.dumps({"exports": [EXPORT], **values}))

    @cache
    def once(release: str, namespace: str, kube: str, values: str) -> subprocess.CompletedProcess[str]:
        file = folder / "values.json"
        file.write_text(values)
        cluster = [f"--kube-version={kube}"] if kube else []
        return subprocess.run(
            [helm, "template", release, CHART, f"--namespace={namespace}", f"--values={file}", *cluster],
            env={f"HELM_{name}_HOME": str(folder / name) for name in ("CACHE", "CONFIG", "DATA")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return template


@pytest.fixture(scope="session")
def render(template) -> Callable[..., Rendered]:
    """Renders the chart with values given as arguments; the objects by kind and name."""

    def render(**options: object) -> Rendered:
        result = template(**options)
        assert result.returncode == 0, result.stderr
        # libyaml, which PyYAML's wheels have, takes a tenth of the time, and the chart is rendered hundreds of times.
        documents = yaml.load_all(result.stdout, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        objects = [document for document in documents if document]
        rendered = {(obj["kind"], obj["metadata"]["name"]): obj for obj in objects}
        assert len(rendered) == len(objects)
        return rendered

    return render


@pytest.fixture
def workloads(render) -> Callable[..., dict[str, dict[str, Any]]]:
    """The Deployments by component (`webhook`, `cluster`, `export`), of a chart with one export."""

    def workloads(**options: object) -> dict[str, dict[str, Any]]:
        return {
            obj["metadata"]["labels"]["app.kubernetes.io/component"]: obj
            for (kind, _), obj in render(**options).items()
            if kind == "Deployment"
        }

    return workloads


@pytest.fixture
def deployment(workloads) -> Callable[..., dict[str, Any]]:
    """The Deployment of one component."""

    def deployment(component: str, **options: object) -> dict[str, Any]:
        return workloads(**options)[component]

    return deployment
