"""Watches that say when there may be something to do about the certificate."""

from collections.abc import Callable

from controller.certificates.observing import CONFIGURATIONS
from controller.certificates.options import CertificateOptions
from kube import resources
from kube.cache import Change
from kube.client import Client
from kube.informer import Informer
from kube.resources import Resource
from policy.shapes import Json, text


class Wakers:
    """Watch the Secret and the configurations, each by its name, and see metadata alone: whoever stands by holds no
    key. A list or watch for one `metadata.name` is allowed by a rule that names the object:
    https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
    """

    def __init__(self, client: Client, namespace: str, options: CertificateOptions, wake: Callable[[], None]) -> None:
        def changed(_change: Change[str]) -> None:
            wake()

        def on(resource: Resource, name: str, within: str | None = None) -> Informer[str]:
            field = f"metadata.name={name}"
            return Informer(
                client,
                resource,
                _version,
                namespace=within,
                on_change=changed,
                field_selector=field,
                metadata_only=True,
            )

        configurations = [on(each, options.configuration) for each in CONFIGURATIONS.values()]
        self._informers = [on(resources.SECRETS, options.secret, namespace), *configurations]

    def start(self) -> None:
        """Begin to watch."""
        for informer in self._informers:
            informer.start()

    def stop(self) -> None:
        """End."""
        for informer in self._informers:
            informer.stop()


def _version(obj: Json) -> str | None:
    return text(obj, "metadata", "resourceVersion")
