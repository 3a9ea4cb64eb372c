"""A Pod's tokens for its service account: asked for as a kubelet does, bound to the Pod, renewed in good time.

https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kube.client import Client
from kube.resources import Resource
from policy.shapes import Json, text

_USUAL_LIFETIME: Final = 3600
_RENEWED_AFTER: Final = 0.8
"""The share of its life after which a kubelet asks for another."""


@dataclass
class Tokens:
    """The tokens of one Pod, by audience and lifetime."""

    client: Client
    pod: Json
    clock: Callable[[], float] = time.monotonic
    _current: dict[tuple[str, int], tuple[str, float]] = field(default_factory=dict, init=False)

    def token(self, projection: Mapping[str, Any]) -> str:
        """The token for a volume's `serviceAccountToken`; raises `ApiError` where none can be had."""
        wanted = str(projection.get("audience") or ""), int(projection.get("expirationSeconds") or _USUAL_LIFETIME)
        token, renewed_at = self._current.get(wanted, ("", 0.0))
        if not token or self.clock() >= renewed_at:
            token = self._request(*wanted)
            self._current[wanted] = token, self.clock() + _RENEWED_AFTER * wanted[1]
        return token

    def _request(self, audience: str, lifetime: int) -> str:
        account = text(self.pod, "spec", "serviceAccountName") or "default"
        identity = {name: text(self.pod, "metadata", name) for name in ("name", "uid")}
        spec: Json = {"expirationSeconds": lifetime, "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", **identity}}
        if audience:
            spec["audiences"] = [audience]
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        made = self.client.create(_tokens_of(account), request, text(self.pod, "metadata", "namespace"))
        return str(made["status"]["token"])


def _tokens_of(account: str) -> Resource:
    return Resource("", "v1", f"serviceaccounts/{account}/token", "TokenRequest", namespaced=True)
