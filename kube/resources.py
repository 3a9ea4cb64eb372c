"""The kinds of objects we talk about, and where the API keeps them.

Paths: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from kube.errors import NotFound


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object at one version of its API group; `group` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """As objects carry it: `v1`, `storage.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, name: str | None = None, namespace: str | None = None) -> str:
        """The URL path of one object, or (no name) of those of a namespace, or of all of them.

        Raises NotFound for a name that no object can have: it may come from what a tenant wrote, such as a volume's
        `claimRef`, and an empty one would turn "delete this object" into "delete all of them".
        """
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        if self.namespaced and (namespace is not None or name is not None):
            root += f"/namespaces/{self._segment(namespace)}"
        collection = f"{root}/{self.plural}"
        return collection if name is None else f"{collection}/{self._segment(name)}"

    def _segment(self, text: str | None) -> str:
        # What the API itself refuses as a path segment: ValidatePathSegmentName in apimachinery's validation/path.
        if not text or text in (".", "..") or "/" in text or "%" in text:
            call = f"{self.kind} {text!r}"
            raise NotFound(call, "no object can have this name or namespace", status=404, reason="NotFound")
        return quote(text, safe="")


def _core(plural: str, kind: str, *, namespaced: bool) -> Resource:
    return Resource("", "v1", plural, kind, namespaced)


NAMESPACES: Final = _core("namespaces", "Namespace", namespaced=False)
NODES: Final = _core("nodes", "Node", namespaced=False)
VOLUMES: Final = _core("persistentvolumes", "PersistentVolume", namespaced=False)
CLAIMS: Final = _core("persistentvolumeclaims", "PersistentVolumeClaim", namespaced=True)
PODS: Final = _core("pods", "Pod", namespaced=True)
CONFIG_MAPS: Final = _core("configmaps", "ConfigMap", namespaced=True)
RESOURCE_QUOTAS: Final = _core("resourcequotas", "ResourceQuota", namespaced=True)
LIMIT_RANGES: Final = _core("limitranges", "LimitRange", namespaced=True)
SECRETS: Final = _core("secrets", "Secret", namespaced=True)
SERVICES: Final = _core("services", "Service", namespaced=True)
EVENTS: Final = _core("events", "Event", namespaced=True)
DEPLOYMENTS: Final = Resource("apps", "v1", "deployments", "Deployment", namespaced=True)
JOBS: Final = Resource("batch", "v1", "jobs", "Job", namespaced=True)
STORAGE_CLASSES: Final = Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
CSI_DRIVERS: Final = Resource("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced=False)
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease", namespaced=True)
REFERENCE_GRANTS: Final = tuple(
    Resource("gateway.networking.k8s.io", version, "referencegrants", "ReferenceGrant", namespaced=True)
    for version in ("v1", "v1beta1")
)
"""The same objects by every version that is served somewhere: Gateway API 1.5 and later has both, an earlier one the
second alone. What we read of them is the same in both.
https://gateway-api.sigs.k8s.io/api-types/referencegrant/
"""
MUTATING_CONFIGURATIONS: Final = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
    namespaced=False,
)
VALIDATING_CONFIGURATIONS: Final = Resource(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    namespaced=False,
)
