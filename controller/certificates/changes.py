"""What a step makes of the Secret, and the Event by which it is told there. Nothing here has an effect."""

from typing import assert_never

from certs.authority import Clock
from certs.steps import Adopt, BeginAuthority, Create, Drop, SecretStep, Serve
from certs.stock import Plan, Stock, new_stock, with_new_authority, with_serving, with_trusted, without
from controller.decisions import reasons
from controller.decisions.actions import Tell
from kube.events import EventType, ObjectReference


def created(step: Create, plan: Plan, clock: Clock) -> Stock:
    """What the new Secret holds."""
    stock = new_stock(plan, step.trusted, clock)
    return with_serving(stock, plan, clock) if step.serve else stock


def changed(stock: Stock, step: SecretStep, plan: Plan, clock: Clock) -> Stock:
    """What the Secret holds after a step. Raises `AuthorityUnusable` where its authority cannot sign."""
    match step:
        case BeginAuthority():
            return with_new_authority(stock, plan, clock)
        case Adopt(_, authorities):
            return with_trusted(stock, authorities)
        case Serve():
            return with_serving(stock, plan, clock)
        case Drop(_, authorities):
            return without(stock, authorities)
        case _ as never:
            assert_never(never)


def event_of(secret: ObjectReference, step: Create | SecretStep) -> Tell:
    """What is told of a step, on the Secret."""
    event_type: EventType = "Warning" if _is_warning(step) else "Normal"
    reason, told = _words(step)
    return Tell(secret, event_type, reason, f"{step.why}: {told}")


def _is_warning(step: Create | SecretStep) -> bool:
    match step:
        case BeginAuthority(_, damaged) | Serve(_, damaged):
            return damaged
        case _:
            return isinstance(step, Adopt)


def _words(step: Create | SecretStep) -> tuple[str, str]:
    """The reason of the Event, and what is done."""
    match step:
        case Create():
            return reasons.CERTIFICATE_ISSUED, "made with a new authority"
        case BeginAuthority(_, damaged=True):
            return reasons.CERTIFICATE_DAMAGED, "a new authority takes its place; those that can be read stay for now"
        case BeginAuthority():
            return reasons.AUTHORITY_BEGUN, "its successor is published, and signs once every API server can know it"
        case Serve(_, damaged):
            replaced = reasons.CERTIFICATE_DAMAGED if damaged else reasons.CERTIFICATE_ISSUED
            return replaced, "a new certificate takes its place"
        case Adopt():
            return reasons.AUTHORITY_ADOPTED, "they stay trusted until nobody needs them"
        case Drop():
            return reasons.AUTHORITY_DROPPED, "earlier authorities are dropped"
        case _ as never:
            assert_never(never)
