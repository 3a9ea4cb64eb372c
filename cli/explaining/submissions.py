"""Which objects the API server would be sent for a manifest: itself, or the Pods and claims of a workload."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cli.explaining.apiserver import missing_in_templates
from cli.explaining.errors import Place, reading
from cli.explaining.manifests import Manifest
from cli.explaining.workloads import POD_TEMPLATES, UNKNOWN, ephemeral_claims, objects_made
from policy.shapes import Json, mapping, text

REVIEWED: Final = frozenset({"PersistentVolumeClaim", "PersistentVolume", "Pod"})
"""The kinds of the core API that the webhook is asked about."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One object as the API server would be sent it.

    `refused` is empty, or why the API server refuses what the object comes from, so that it is never sent.
    """

    obj: Json
    place: Place
    refused: str = ""

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.obj["kind"])

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for a volume."""
        return text(self.obj, "metadata", "namespace") or ""

    @property
    def settled_by(self) -> str:
        """The namespace whose settings count: a volume's is its claim's; empty where there is none yet."""
        volume = self.kind == "PersistentVolume"
        return text(self.obj, "spec", "claimRef", "namespace") or "" if volume else self.namespace

    @property
    def name(self) -> str:
        """The object's name, with `*` for a part that is not known before it exists."""
        generated = text(self.obj, "metadata", "generateName")
        return text(self.obj, "metadata", "name") or (f"{generated}{UNKNOWN}" if generated else "")


def submissions_of(manifest: Manifest, namespace: str) -> Iterator[Submission]:
    """Yield what the API server would be sent that the webhook is asked about; nothing for other kinds.

    `namespace` is that of manifests which name none. Raises `ManifestUnreadable` for a malformed workload.
    """
    template_path = POD_TEMPLATES.get((manifest.group, manifest.kind))
    with reading(manifest.place):
        if template_path:
            workload = _in_namespace(manifest.obj, namespace)
            refused = _refusal(workload, template_path)
            yield from (Submission(obj, manifest.place, refused) for obj in objects_made(workload, template_path))
        elif manifest.group == "" and manifest.kind in REVIEWED:
            volume = manifest.kind == "PersistentVolume"
            yield Submission(manifest.obj if volume else _in_namespace(manifest.obj, namespace), manifest.place)


def submissions_after(pod: Submission, admitted: Json) -> Iterator[Submission]:
    """Yield the claims that exist because of a Pod: those of its generic ephemeral volumes, as it was admitted."""
    for claim in ephemeral_claims(admitted, pod.name):
        yield Submission(claim, pod.place)


def _in_namespace(obj: Json, namespace: str) -> Json:
    stated = mapping(obj, "metadata")
    return {**obj, "metadata": {**stated, "namespace": stated.get("namespace") or namespace}}


def _refusal(workload: Json, template_path: tuple[str, ...]) -> str:
    missing = missing_in_templates(workload, template_path)
    if not missing:
        return ""
    return (
        f"the API server refuses {workload['kind']} {text(workload, 'metadata', 'name')} itself, before it has a Pod "
        f"or claim that a webhook could be asked about: {' and '.join(missing)} must stand in the manifest "
        "(only bare claims and Pods may leave them to be filled in)"
    )
