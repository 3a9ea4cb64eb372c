"""What volumes and variables are made of: a picture of the cluster's ConfigMaps, Secrets, claims and volumes."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from kube.client import Client
from kube.informer import Informer
from kube.resources import CLAIMS, CONFIG_MAPS, SECRETS, VOLUMES, Resource
from policy.shapes import Json, mapping
from testbed.waiting import STARTS_WITHIN


class Sources:
    """Looks up objects in a picture that follows the API server. Safe to use from several threads."""

    def __init__(self, client: Client) -> None:
        kinds: tuple[Resource, ...] = (CONFIG_MAPS, SECRETS, CLAIMS, VOLUMES)
        self._informers = {kind.kind: Informer(client, kind, _whole) for kind in kinds}

    def start(self) -> None:
        """Begin to follow; returns when the picture is complete."""
        for informer in self._informers.values():
            informer.start()
        for informer in self._informers.values():
            informer.wait_synced(STARTS_WITHIN)

    def stop(self) -> None:
        """Follow no longer."""
        for informer in self._informers.values():
            informer.stop()

    def find(self, kind: str, name: str, namespace: str | None = None) -> Json | None:
        """An object of one of the four kinds; None where there is none."""
        return self._informers[kind].get(name, namespace)

    def data(self, kind: str, name: str, namespace: str) -> Mapping[str, bytes] | None:
        """What a `ConfigMap` or `Secret` holds; None where there is none."""
        found = self.find(kind, name, namespace)
        if found is None:
            return None
        texts = mapping(found, "data")
        if kind == "Secret":
            return {key: base64.b64decode(value) for key, value in texts.items()}
        binaries = {key: base64.b64decode(value) for key, value in mapping(found, "binaryData").items()}
        return {key: str(value).encode() for key, value in texts.items()} | binaries


@dataclass(frozen=True, slots=True)
class NamespacedContents:
    """The values of one namespace's ConfigMaps and Secrets."""

    sources: Sources
    namespace: str

    def value(self, kind: str, name: str, key: str) -> str | None:
        """The value of a key; None where there is none."""
        value = (self.sources.data(kind, name, self.namespace) or {}).get(key)
        return None if value is None else value.decode()


def _whole(obj: Json) -> Json:
    return obj
