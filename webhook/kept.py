"""What the webhook keeps of each object that it watches: as little as the rules ask about.

Thousands of them are held in each worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Final

from policy import keys
from policy.model import Policy
from policy.profiles import NamespaceSettings
from policy.shapes import Json, labels, mapping, sequence, text
from webhook.bounds import Bounds


@dataclass(slots=True)
class KnownNamespace:
    """What is kept of a namespace: its labels and uid, and what the last policy that was asked about made of them.

    `worked_out` is that policy with the settings; `bounds` are settings with what follows from them for claims.
    """

    labels: Mapping[str, str]
    uid: str = ""
    worked_out: tuple[Policy, NamespaceSettings | None] | None = field(default=None, compare=False)
    bounds: tuple[NamespaceSettings, Bounds] | None = field(default=None, compare=False)


NOT_OPTED_IN: Final = KnownNamespace({})
"""Any namespace that is not opted in: nothing else of it is worth remembering."""


def known_namespace(namespace: Json) -> KnownNamespace:
    """The labels of an opted-in namespace, else NOT_OPTED_IN."""
    found = labels(namespace)
    if found.get(keys.INJECT) != keys.INJECT_ENABLED:
        return NOT_OPTED_IN
    own = {intern(key): intern(value) for key, value in found.items()}
    return KnownNamespace(own, text(namespace, "metadata", "uid") or "")


def lists_ephemeral(driver: Json) -> bool:
    """Whether a CSIDriver takes inline volumes."""
    return "Ephemeral" in sequence(driver, "spec", "volumeLifecycleModes")


def limited_names(quota: Json) -> frozenset[str] | None:
    """What a ResourceQuota limits, as far as its status says; None while it says nothing."""
    names = frozenset(intern(name) for name in mapping(quota, "status", "hard"))
    return _one_of_each(names) if names else None


@lru_cache(maxsize=256)
def _one_of_each(names: frozenset[str]) -> frozenset[str]:
    """Thousands of namespaces of one profile have equal sets: they share one."""
    return names
