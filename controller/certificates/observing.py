"""Looking at everything that a decision about certificates stands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from cryptography import x509

from certs.bundles import Certificates, Fingerprint, fingerprint, readable_certificates, signed_by
from certs.seen import Published, Replica, Replicas, Seen
from controller.certificates.manifests import bundles_in, secret_seen
from controller.certificates.options import CertificateOptions
from controller.certificates.streaks import Streaks
from kube import resources
from kube.client import Client
from kube.clock import Clock
from kube.errors import NotFound
from kube.resources import Resource
from policy.shapes import Json

CONFIGURATIONS: Final = {
    each.kind: each for each in (resources.MUTATING_CONFIGURATIONS, resources.VALIDATING_CONFIGURATIONS)
}
"""By kind: what carries a `caBundle` of ours."""

Ask: TypeAlias = Callable[[Sequence[Json]], tuple[Replica, ...]]
"""How to find out what the Pods of the webhook serve."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The objects as they were read, configurations by kind, and what they say."""

    secret: Json | None
    configurations: dict[str, Json]
    seen: Seen


class Observer:
    """Reads afresh each time, past all caches: what a decision stands on is at most a moment old.

    How long something holds is known only as far as this object has looked all the time. Raises `ApiError`.
    """

    def __init__(self, client: Client, namespace: str, options: CertificateOptions, clock: Clock, ask: Ask) -> None:
        self._client = client
        self._namespace = namespace
        self._options = options
        self._clock = clock
        self._ask = ask
        self._trusted = {kind: Streaks[Fingerprint](clock.monotonic) for kind in CONFIGURATIONS}
        self._served = Streaks[Fingerprint](clock.monotonic)

    def look(self) -> Sighting:
        """Look at everything but the replicas."""
        secret = self._read(resources.SECRETS, self._options.secret, self._namespace)
        found = {kind: self._read(each, self._options.configuration) for kind, each in CONFIGURATIONS.items()}
        configurations = {kind: each for kind, each in found.items() if each is not None}
        published = tuple(filter(None, (self._published(kind, configurations.get(kind)) for kind in CONFIGURATIONS)))
        return Sighting(secret, configurations, Seen(self._clock.now(), secret_seen(secret), published))

    def with_replicas(self, sighting: Sighting, authorities: Certificates) -> Sighting:
        """Ask every replica, too; `authorities` are those of which it may serve a certificate."""
        pods = self._client.list(resources.PODS, self._namespace, label_selector=self._options.pods)
        each = self._ask(list(pods.items))
        common = {fingerprint(one) for one in authorities if each and all(_serves(replica, one) for replica in each)}
        return replace(sighting, seen=replace(sighting.seen, replicas=Replicas(each, self._served.see(common))))

    def forget(self) -> None:
        """Nobody has looked for a while: begin anew to count how long something holds."""
        for streaks in (*self._trusted.values(), self._served):
            streaks.forget()

    def _published(self, kind: str, configuration: Json | None) -> Published | None:
        bundles = bundles_in(configuration or {}, self._options.service, self._namespace)
        held = [{fingerprint(one) for one in readable_certificates(bundle)} for bundle in bundles]
        trusted_for = self._trusted[kind].see(set.intersection(*held) if held else set())
        return Published(kind, bundles, trusted_for) if bundles else None

    def _read(self, resource: Resource, name: str, namespace: str | None = None) -> Json | None:
        try:
            return self._client.get(resource, name, namespace)
        except NotFound:
            return None


def _serves(replica: Replica, authority: x509.Certificate) -> bool:
    return replica.certificate is not None and signed_by(replica.certificate, authority)
