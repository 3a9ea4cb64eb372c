"""Looking at a cluster: everything that the checks need and that we are let see, each kind of object read once.

Nothing is written; a claim is tried as a dry run.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from certs.bundles import readable_certificates
from controller.certificates.manifests import stock_of
from controller.certificates.observing import CONFIGURATIONS
from controller.clusterpolicy import cluster_policy
from controller.doctor.leases import LeaseSeen, Pause, foreign_lease, look_at_leases
from controller.doctor.observed import ClockSeen, Installed, Observed, Part, TrustSeen
from controller.doctor.trial import Never, Trial, Verdict, tried
from kube import resources
from kube.client import Client
from kube.errors import ApiError, NotFound
from kube.resources import Resource
from policy import keys
from policy.errors import PolicyInvalid
from policy.model import Policy
from policy.shapes import Json, sequence, text

T = TypeVar("T")

_MOST_TRIED: Final = 3
"""Namespaces in which a claim is tried, where the first ones have no room or give no right."""


@dataclass
class ClusterLook:
    """One look at a cluster. `given` is a policy from elsewhere, which holds instead of the cluster's own."""

    client: Client
    installed: Installed
    given: Policy | None
    pause: Pause
    unseen: dict[Part, str] = field(default_factory=dict)

    def look(self) -> Observed:
        """Everything there is to see; where the API server does not answer, that is nothing but why."""
        clock = self._see(Part.CLOCK, self._clock, None)
        if clock is None:
            return blind(self.unseen[Part.CLOCK], self.installed, self.given)
        seen = Observed(clock.there, self.installed, api_clock=clock)
        seen = self._with_objects(self._with_policy(seen))
        seen = replace(
            seen,
            leases=self._see(Part.LEASES, lambda: self._leases(seen), ()),
            trust=self._see(Part.WEBHOOKS, self._trust, ()),
            certificate=self._see(Part.CERTIFICATE, self._certificate, None),
        )
        return replace(seen, trial=self._trial(seen), unseen=self.unseen)

    def _with_objects(self, seen: Observed) -> Observed:
        return replace(
            seen,
            namespaces=self._all(Part.NAMESPACES, resources.NAMESPACES),
            classes=self._all(Part.CLASSES, resources.STORAGE_CLASSES),
            volumes=self._all(Part.VOLUMES, resources.VOLUMES),
            claims=self._all(Part.CLAIMS, resources.CLAIMS),
            pods=self._all(Part.PODS, resources.PODS, label_selector=keys.INLINE),
            events=self._all(Part.EVENTS, resources.EVENTS, field_selector="type=Warning"),
            deployments=self._all(Part.DEPLOYMENTS, resources.DEPLOYMENTS),
        )

    def _see(self, part: Part, look: Callable[[], T], nothing: T) -> T:
        try:
            return look()
        except ApiError as error:
            self.unseen[part] = str(error)
            return nothing

    def _all(
        self, part: Part, resource: Resource, label_selector: str | None = None, field_selector: str | None = None
    ) -> tuple[Json, ...]:
        def look() -> tuple[Json, ...]:
            listing = self.client.list(resource, label_selector=label_selector, field_selector=field_selector)
            return tuple(listing.items)

        return self._see(part, look, ())

    def _clock(self) -> ClockSeen:
        before = datetime.now(UTC)
        there = self.client.server_time()
        return ClockSeen(there, before + (datetime.now(UTC) - before) / 2)

    def _with_policy(self, seen: Observed) -> Observed:
        if self.given:
            return replace(seen, policy=self.given)
        here = self.installed
        try:
            found = self._see(Part.POLICY, lambda: cluster_policy(self.client, here.name, here.namespace), None)
        except PolicyInvalid as problem:
            self.unseen[Part.POLICY] = "the installation's own cannot be used"
            return replace(seen, policy_problem=str(problem))
        return replace(seen, policy=found) if found else seen

    def _leases(self, seen: Observed) -> tuple[LeaseSeen, ...]:
        return look_at_leases(self.client, {foreign_lease(each) for each in seen.policy.provisioners}, self.pause)

    def _trust(self) -> tuple[TrustSeen, ...]:
        found = []
        for kind, resource in CONFIGURATIONS.items():
            try:
                found.append(_trust_in(kind, self.client.get(resource, self.installed.name)))
            except NotFound:
                continue
        return tuple(found)

    def _certificate(self) -> bytes:
        """The serving certificate and what follows it in the Secret, PEM; its key is not looked at."""
        secret = self.client.get(resources.SECRETS, self.installed.secret, self.installed.namespace)
        return stock_of(secret).certificate

    def _trial(self, seen: Observed) -> Verdict | None:
        why = "no opted-in namespace has a class that could be filled in"
        candidates = [settings for settings in seen.opted_in if settings.storage_class]
        for settings in candidates[:_MOST_TRIED]:
            verdict = tried(self.client, Trial(settings.namespace, settings.storage_class, self.installed.name))
            if not isinstance(verdict, Never):
                return verdict
            why = verdict.message
        self.unseen[Part.TRIAL] = why
        return None


def blind(why: str, installed: Installed, given: Policy | None) -> Observed:
    """What is seen of a cluster that cannot be looked at."""
    seen = Observed(datetime.now(UTC), installed, unseen={part: why for part in Part if part is not Part.POLICY})
    if given:
        return replace(seen, policy=given)
    return replace(seen, unseen={**seen.unseen, Part.POLICY: why})


def _trust_in(kind: str, configuration: Json) -> TrustSeen:
    bundles = (text(entry, "clientConfig", "caBundle") or "" for entry in sequence(configuration, "webhooks"))
    return TrustSeen(kind, tuple(readable_certificates(base64.b64decode(bundle)) for bundle in bundles))
