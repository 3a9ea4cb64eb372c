"""What `charts/nfs-steward` renders, and how to find one's way in it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from policy.errors import StewardError
from policy.shapes import Json, annotations, labels, mapping, text
from testbed.commands import run
from testbed.errors import TestbedError

CHART: Final = Path(__file__).parents[2] / "charts" / "nfs-steward"
RELEASE: Final = "nfs-steward"
NAMESPACE: Final = "nfs-steward"

COMPONENT: Final = "app.kubernetes.io/component"
"""The label that says which part of nfs-steward an object belongs to."""
_HOOK: Final = "helm.sh/hook"
# Run as processes here, not as Pods, and so without what Pods would mount.
_WORKLOADS: Final = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "PodDisruptionBudget",
        "PersistentVolume",
        "PersistentVolumeClaim",
    }
)
_CALLERS: Final = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})


@dataclass(frozen=True, slots=True)
class RenderedChart:
    """The objects of a chart."""

    objects: tuple[Json, ...]

    def to_apply(self) -> list[Json]:
        """Everything that is there for good, but for workloads and what calls the webhook."""
        return [obj for obj in self.lasting() if obj["kind"] not in _WORKLOADS | _CALLERS]

    def lasting(self) -> list[Json]:
        """Everything but what Helm makes for the moment of an installation, an upgrade, a test, an uninstallation."""
        return [obj for obj in self.objects if _HOOK not in annotations(obj)]

    def hooks(self, event: str) -> list[Json]:
        """What Helm makes for the moment of an event, such as `pre-delete`."""
        return [obj for obj in self.objects if event in annotations(obj).get(_HOOK, "").split(",")]

    def callers(self) -> list[Json]:
        """The webhook configurations: once they are applied, requests depend on the webhook's answers."""
        return [obj for obj in self.objects if obj["kind"] in _CALLERS]

    def one(self, kind: str, component: str) -> Json:
        """The only object of a kind that belongs to a component (`webhook`, `cluster`); `TestbedError` otherwise."""
        found = [obj for obj in self.objects if obj["kind"] == kind and labels(obj).get(COMPONENT) == component]
        if len(found) != 1:
            raise TestbedError(f"the chart renders {len(found)} {kind} of the component {component}, not one")
        return found[0]

    def policy(self) -> str:
        """The policy file that the chart mounts into the programs' Pods."""
        texts = [
            content
            for obj in self.lasting()
            if obj["kind"] == "ConfigMap"
            for name, content in mapping(obj, "data").items()
            if name.startswith("policy.")
        ]
        if len(texts) != 1:
            raise TestbedError(f"the chart renders {len(texts)} policy files, not one")
        return str(texts[0])


def render(helm: Path, values: Mapping[str, object], folder: Path) -> RenderedChart:
    """`helm template` the chart with these values, which are left in `folder` for people to read."""
    file = folder / "values.json"
    file.write_text(json.dumps(values, indent=2))
    argv: list[str | Path] = [helm, "template", RELEASE, CHART, f"--namespace={NAMESPACE}", f"--values={file}"]
    return RenderedChart(tuple(_objects(run(argv, env=helm_state(folder)))))


def helm_state(folder: Path) -> dict[str, str]:
    """The variables that have Helm keep what it keeps below `folder`, and nothing in anybody's home."""
    return {name: str(folder / "helm") for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}


def with_authority(caller: Json, bundle: str) -> Json:
    """A webhook configuration that trusts the base64 of a PEM bundle, which the chart never renders."""
    webhooks = [
        {**webhook, "clientConfig": {**webhook["clientConfig"], "caBundle": bundle}} for webhook in caller["webhooks"]
    ]
    return {**caller, "webhooks": webhooks}


def name_of(obj: Json) -> str:
    """The name of an object."""
    name = text(obj, "metadata", "name")
    if name is None:
        raise StewardError(f"a {obj.get('kind')} without a name")
    return name


def _objects(rendered: str) -> Iterable[Json]:
    return (document for document in yaml.safe_load_all(rendered) if document)
