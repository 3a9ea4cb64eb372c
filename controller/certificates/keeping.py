"""Keeping the certificate: look, decide, do one thing, and look again, until there is nothing more to do for now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from certs.bundles import Certificates
from certs.decision import next_step
from certs.names import ServingNames
from certs.publishing import next_publication
from certs.seen import OurSecret
from certs.steps import AskReplicas, Create, Effect, Publish, Refuse, Rest, SecretStep, Step
from certs.stock import Plan
from controller.certificates.changes import changed, created, event_of
from controller.certificates.effects import CertificateGateway
from controller.certificates.manifests import changed_secret, new_secret, publication, stock_of
from controller.certificates.observing import Observer, Sighting
from controller.certificates.options import CertificateOptions
from controller.decisions import reasons
from controller.decisions.actions import Tell
from controller.duties.settling import NotLeading
from controller.gateway import EffectRefused
from kube.allowance import Allowance
from kube.clock import Clock
from kube.events import ObjectReference
from policy.errors import StewardError
from policy.shapes import mapping
from runtime.logs import get_logger

_LOG: Final = get_logger(__name__)
_MOST_STEPS: Final = 16
"""How many steps may follow each other: the longest way, out of damage, takes six."""


# Another controller that writes the same field, such as a CA injector that was told to: neither gives in.
_PUBLICATIONS_AT_ONCE: Final = 12
_PUBLICATION_EVERY: Final = 30.0


class StillAtIt(StewardError):
    """Step followed step without an end."""


class Contested(StewardError):
    """Somebody else writes what we write, again and again."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the keeper gets at the world: `may_act` is asked before every effect."""

    observer: Observer
    gateway: CertificateGateway
    tell: Callable[[Tell], None]
    may_act: Callable[[], bool]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Settled:
    """Why nothing more is to be done now, and what was seen last."""

    verdict: Rest | Refuse
    sighting: Sighting


class Keeper:
    """Keeps one Secret and the configurations of one name, in `namespace`."""

    def __init__(self, options: CertificateOptions, namespace: str, settling: float, ways: Ways) -> None:
        names = ServingNames.parse([f"{options.service}.{namespace}.svc"], [])
        self._plan = Plan(names, options.lifetime, options.authority_lifetime)
        self._options = options
        self._namespace = namespace
        self._settling = settling
        self._ways = ways
        self._publications = Allowance(_PUBLICATIONS_AT_ONCE, _PUBLICATION_EVERY, ways.clock.monotonic)

    @property
    def secret(self) -> str:
        """The Secret as `namespace/name`, for people."""
        return f"{self._namespace}/{self._options.secret}"

    def settle(self) -> Settled:
        """Do all that can be done now.

        Raises `NotLeading`, `ChangedMeanwhile`, `EffectRefused`, `Contested`, or `ApiError` where the API fails.
        """
        for _ in range(_MOST_STEPS):
            sighting = self._ways.observer.look()
            step = self._decide(sighting)
            if isinstance(step, AskReplicas):
                sighting = self._ways.observer.with_replicas(sighting, _held(sighting))
                step = self._decide(sighting)
            match step:
                case Rest() | Refuse():
                    self._tell_of(step, sighting)
                    return Settled(step, sighting)
                case AskReplicas():
                    raise AssertionError("the replicas have been asked")
                case _:
                    self._perform(step, sighting)
        raise StillAtIt("the certificate is not settled, however many steps are taken")

    def _decide(self, sighting: Sighting) -> Step:
        if self._options.mode == "publish":
            stock = stock_of(sighting.secret) if sighting.secret else None
            return next_publication(stock, sighting.seen.published, sighting.seen.now)
        return next_step(sighting.seen, self._plan.names, self._settling)

    def _perform(self, step: Effect, sighting: Sighting) -> None:
        if not self._ways.may_act():
            raise NotLeading("another process holds the Lease now")
        try:
            self._write(step, sighting)
        except (EffectRefused, Contested) as refused:
            self._ways.tell(Tell(self._about(sighting), "Warning", reasons.CERTIFICATE_NOT_KEPT, str(refused)))
            raise
        _LOG.info("certificate step done", step=type(step).__name__, why=step.why, secret=self.secret)
        if not isinstance(step, Publish):
            self._ways.tell(event_of(self._about(sighting), step))

    def _write(self, step: Effect, sighting: Sighting) -> None:
        match step:
            case Create():
                stock = created(step, self._plan, self._ways.clock.now)
                self._ways.gateway.create_secret(new_secret(self._options.secret, self._namespace, stock))
            case Publish():
                self._publish(step, sighting)
            case _:
                self._change(step, sighting)

    def _publish(self, step: Publish, sighting: Sighting) -> None:
        options, kind = self._options, step.configuration
        if not self._publications.take(kind):
            raise Contested(
                f"somebody else keeps changing caBundle in the {kind} {options.configuration}: managedFields say who"
            )
        patch = publication(sighting.configurations[kind], options.service, self._namespace, step.bundle)
        self._ways.gateway.publish(kind, options.configuration, patch)

    def _change(self, step: SecretStep, sighting: Sighting) -> None:
        seen = sighting.secret or {}
        stock = changed(stock_of(seen), step, self._plan, self._ways.clock.now)
        self._ways.gateway.change_secret(self._options.secret, self._namespace, changed_secret(seen, stock))

    def _about(self, sighting: Sighting) -> ObjectReference:
        uid = str(mapping(sighting.secret or {}, "metadata").get("uid", ""))
        return ObjectReference("v1", "Secret", self._options.secret, self._namespace, uid)

    def _tell_of(self, verdict: Rest | Refuse, sighting: Sighting) -> None:
        if isinstance(verdict, Refuse) and sighting.secret and self._ways.may_act():
            self._ways.tell(Tell(self._about(sighting), "Warning", reasons.CERTIFICATE_NOT_KEPT, verdict.why))


def _held(sighting: Sighting) -> Certificates:
    secret = sighting.seen.secret
    return secret.stock.trusted if isinstance(secret, OurSecret) else ()
