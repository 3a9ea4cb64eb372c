"""All that the certificate duty ever writes, but for Events."""

from typing import Final, Protocol

from controller.certificates.observing import CONFIGURATIONS
from controller.decisions.actions import JsonPatch
from controller.gateway import explained
from kube import resources
from kube.client import Client
from policy.shapes import Json

FIELD_MANAGER: Final = "nfs-steward-certificates"
"""Who owns `caBundle`: not whoever applies the chart, so that an upgrade leaves it alone.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""


class CertificateGateway(Protocol):
    """Each is a single call, so that a process may die between any two of them.

    All raise `ChangedMeanwhile`, `EffectRefused`, or `ApiError` for what may pass.
    """

    def create_secret(self, secret: Json) -> None:
        """Create the Secret."""
        ...

    def change_secret(self, name: str, namespace: str, patch: Json) -> None:
        """Change entries of the Secret by a merge patch that names the version it is about."""
        ...

    def publish(self, kind: str, name: str, patch: JsonPatch) -> None:
        """Patch the bundles in a webhook configuration."""
        ...


class ClusterCertificates:
    """The real API."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create_secret(self, secret: Json) -> None:
        """See `CertificateGateway`; a name that is taken means that somebody was faster."""
        with explained():
            self._client.create(resources.SECRETS, secret, field_manager=FIELD_MANAGER)

    def change_secret(self, name: str, namespace: str, patch: Json) -> None:
        """See `CertificateGateway`."""
        with explained():
            self._client.patch(resources.SECRETS, name, patch, namespace, type="merge", field_manager=FIELD_MANAGER)

    def publish(self, kind: str, name: str, patch: JsonPatch) -> None:
        """See `CertificateGateway`."""
        with explained():
            self._client.patch(CONFIGURATIONS[kind], name, patch, type="json", field_manager=FIELD_MANAGER)
