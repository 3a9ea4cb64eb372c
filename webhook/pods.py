"""A Pod's defaults: its claim templates, and what inline volumes on a managed export need before it may start."""

from collections.abc import Iterator

from policy import keys
from policy.profiles import NamespaceSettings
from policy.shapes import Json, annotations
from webhook.cluster import ClusterView
from webhook.decision import Kept, Outcome, Warned
from webhook.ephemeral import fill_templates
from webhook.gating import gate
from webhook.groups import join_group
from webhook.inline import find_inline, mark
from webhook.rewriting import rewrite

_NOTHING = Kept("", "it has neither an inline volume on a managed export nor a claim template")


def fill_pod(pod: Json, settings: NamespaceSettings, view: ClusterView) -> Iterator[Outcome]:
    """What becomes of each volume of a new Pod, and of what its inline volumes need."""
    inline = find_inline(pod, view)
    yield from inline.left_alone
    if inline.managed:
        yield from (Warned(text) for text in settings.warnings)
        yield from mark(pod)
    if keys.MIRROR_POD in annotations(pod):
        # Its kubelet runs it from a file of its own: a change here would change the picture, not the thing.
        yield Kept("spec", "it is a mirror Pod")
        return
    if inline.managed:
        yield from rewrite(pod, inline.managed, settings, view)
        yield from join_group(pod, inline.managed, settings.namespace, view)
        yield from gate(pod, inline.managed, view)
    templates = list(fill_templates(pod, settings, view))
    yield from templates or (() if inline.managed else (_NOTHING,))
