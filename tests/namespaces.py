"""Namespaces that tests make for themselves."""

from collections.abc import Mapping
from itertools import count
from typing import Protocol

from testbed.kubectl import Kubectl


class MakeNamespace(Protocol):
    """Makes a namespace with these labels and a name that no other test uses; returns the name."""

    def __call__(self, labels: Mapping[str, str] | None = None) -> str: ...


def namespace_maker(kubectl: Kubectl, prefix: str, always: Mapping[str, str] | None = None) -> MakeNamespace:
    """What makes namespaces called `prefix` and a number, with the labels `always` beside those that are asked for."""
    numbers = count(1)

    def make(labels: Mapping[str, str] | None = None) -> str:
        name = f"{prefix}-{next(numbers)}"
        metadata = {"name": name, "labels": {**(always or {}), **(labels or {})}}
        kubectl.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        # Pods are refused until the controller manager has made it.
        kubectl("wait", "--for=create", "serviceaccount/default", f"--namespace={name}", "--timeout=30s")
        return name

    return make
