"""What people are told of the limits of their namespace: in Events on it, since those who work there read them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson

from controller.decisions import reasons
from controller.decisions.actions import Tell
from controller.decisions.limits.facts import Part
from kube.events import ObjectReference
from policy import keys
from policy.contact import ask_for
from policy.profiles import NamespaceSettings
from policy.quantity import parse_amount
from policy.quotas import (
    NONE_OF_IT,
    Counted,
    claim_limits,
    claims_of,
    counted,
    hard_limits,
    same_amounts,
    storage_of,
)
from policy.shapes import Json, text

_SHOWN: Final = 8
"""How many classes a sentence lists."""

_LONGEST_SPEC: Final = 500
"""Characters of a foreign object's spec; an Event holds 1,024 bytes."""


def what_holds(settings: NamespaceSettings) -> str:
    """What claims of a namespace may come to, in one or two sentences; empty where nothing limits them."""
    return " ".join((*_quota(settings), *_sizes(settings)))


def tell_set(about: ObjectReference, settings: NamespaceSettings, contact: str | None) -> Tell:
    """What holds from now on."""
    return Tell(about, "Normal", reasons.LIMITS_SET, f"{what_holds(settings)} {ask_for('more', contact)}")


def tell_lifted(about: ObjectReference, settings: NamespaceSettings | None) -> Tell:
    """That nothing of ours holds any more."""
    why = "its labels and its profile set no limit" if settings else "it is not opted in any more"
    return Tell(about, "Normal", reasons.LIMITS_LIFTED, f"Nothing limits the claims of this namespace now: {why}.")


def tell_missed(about: ObjectReference, part: Part, contact: str | None) -> Tell:
    """That somebody has taken away what limits the namespace, and that it is there again."""
    message = f"The {_name(part)} was gone, and is there again. {_decided(contact)}"
    return Tell(about, "Warning", reasons.LIMITS_PUT_BACK, message)


def tell_put_back(about: ObjectReference, part: Part, contact: str | None) -> Tell:
    """What somebody has changed by hand."""
    before = part.found.spec if part.found else {}
    changes = "; ".join(_changes(_flat(before), _flat(part.spec or {})))
    message = f"The {_name(part)} was changed by hand, and is put back: {changes}. {_decided(contact)}"
    return Tell(about, "Warning", reasons.LIMITS_PUT_BACK, message)


def tell_taken_over(about: ObjectReference, part: Part, contact: str | None) -> Tell:
    """What an object of our name has held that was not ours."""
    held = orjson.dumps(part.found.spec if part.found else {}, option=orjson.OPT_SORT_KEYS).decode()
    shown = held if len(held) <= _LONGEST_SPEC else f"{held[:_LONGEST_SPEC]}…"
    message = f"A {_name(part)} without nfs-steward's label was here, and is replaced. It held {shown}."
    return Tell(about, "Warning", reasons.LIMITS_TAKEN_OVER, f"{message} {_decided(contact)}")


def tell_use(about: ObjectReference, name: str, used: str, hard: str, contact: str | None) -> Tell:
    """How much of what a quota counts under `name` is in use, and what that means."""
    use, most = parse_amount(used), parse_amount(hard)
    if use > most:
        return _tell_over(about, name, used, hard, contact)
    percent = f"{100 * use // most} %"
    reason, then = reasons.QUOTA_NEARLY_USED, ""
    if use == most:
        reason, then = reasons.QUOTA_USED_UP, " New ones are refused until some are deleted."
    return Tell(about, "Warning", reason, f"{_in_use(name, used, hard)} ({percent}).{then} {ask_for('more', contact)}")


def _tell_over(about: ObjectReference, name: str, used: str, hard: str, contact: str | None) -> Tell:
    message = f"{_in_use(name, used, hard)}: more than the quota is now. Nothing is deleted; new ones are refused."
    return Tell(about, "Warning", reasons.QUOTA_BELOW_USE, f"{message} {ask_for('more', contact)}")


def _in_use(name: str, used: str, hard: str) -> str:
    found = counted(name)
    if found is None:
        return f"Of {name}, {used} of {hard} is in use"
    if found.claims:
        return f"There are {used} of {hard} claims of class {found.storage_class}"
    return f"Claims of class {found.storage_class} ask for {used} of {hard}"


def _decided(contact: str | None) -> str:
    return f"What it says is decided by the namespace's labels and its profile. {ask_for('more', contact)}"


def _quota(settings: NamespaceSettings) -> Iterator[str]:
    hard = hard_limits(settings)
    if hard:
        others = {found.storage_class: most for found, most in _by_class(hard) if not found.claims}
        own = settings.storage_class
        some = [f"{most} of class {name}" for name, most in others.items() if name != own and most != NONE_OF_IT]
        none = [name for name, most in others.items() if name != own and most == NONE_OF_IT]
        amounts = [*(_own(own, hard) if own else ()), *_cut(some)]
        nothing = [f"nothing of {', '.join(_cut(none))}"] if none else []
        yield f"In all, claims of this namespace may ask for {_listed([*amounts, *nothing])}."


def _own(own: str, hard: Mapping[str, str]) -> Iterator[str]:
    storage, claims = hard.get(storage_of(own)), hard.get(claims_of(own))
    number = f"at most {claims} {'claim' if claims == '1' else 'claims'}" if claims else ""
    if storage:
        yield f"{storage} of class {own}" + (f" ({number})" if number else "")
    elif number:
        yield f"any size of class {own} ({number})"


def _sizes(settings: NamespaceSettings) -> Iterator[str]:
    limits = claim_limits(settings)
    if limits:
        bounds = [f"at {word} {text(limits, key, 'storage')}" for key, word in _BOUNDS if key in limits]
        yield f"A claim has to ask for {' and '.join(bounds)}, whatever its class."


_BOUNDS: Final = (("min", "least"), ("max", "most"))


def _by_class(hard: Mapping[str, str]) -> Iterator[tuple[Counted, str]]:
    for name, most in hard.items():
        found = counted(name)
        if found:
            yield found, most


def _cut(items: Sequence[str]) -> list[str]:
    more = len(items) - _SHOWN
    return [*items[:_SHOWN], f"{more} more classes"] if more > 0 else list(items)


def _listed(items: Sequence[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def _name(part: Part) -> str:
    return f"{part.resource.kind} {keys.LIMITS}"


def _flat(spec: Json) -> dict[str, str]:
    """The values of a spec by where they stand: `hard.nfs…/requests.storage`, `limits[0].max.storage`."""
    return dict(_leaves(spec, ""))


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, below in enumerate(value):
            yield from _leaves(below, f"{path}[{index}]")
    else:
        yield path, str(value)


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for path in sorted(before.keys() | now.keys()):
        was, is_now = before.get(path), now.get(path)
        if not same_amounts(was, is_now):
            yield f"{path} was {was or 'gone'} and is {is_now or 'gone'} again"
