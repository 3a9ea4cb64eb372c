"""Generic ephemeral volumes: each holds the template of a claim, which gets what a claim gets.

The DefaultStorageClass plugin looks at claims, never at these templates: a class that is absent here was never written.
A class that is present may be its author's or another webhook's, and is left alone either way. So the record of who
wrote what, which for a template is the Pod's, need not be asked.
"""

from collections.abc import Iterator
from typing import Any

from policy.errors import WrongShape
from policy.profiles import NamespaceSettings
from policy.shapes import Json, mapping, sequence, text
from webhook.claims import fill_claim
from webhook.cluster import ClusterView
from webhook.decision import Outcome, Place


def fill_templates(pod: Json, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """What becomes of each claim template among the Pod's volumes."""
    for index, volume in enumerate(sequence(pod, "spec", "volumes")):
        template = _template(volume, index)
        if template is not None:
            prefix = f"spec.volumes[{text(volume, 'name')}].ephemeral.volumeClaimTemplate."
            place = Place(("spec", "volumes", index, "ephemeral", "volumeClaimTemplate"), prefix)
            yield from fill_claim(template, settings, view, place)


def _template(volume: Any, index: int) -> Json | None:
    if not isinstance(volume, dict):
        raise WrongShape(f"spec.volumes[{index}]", "an object", volume)
    source = mapping(volume, "ephemeral")
    return dict(mapping(source, "volumeClaimTemplate")) if source.get("volumeClaimTemplate") is not None else None
