"""From what limits a namespace to what is to limit it: one round is enough, from whatever state."""

from collections.abc import Iterator
from dataclasses import replace

from controller.decisions.actions import Action, Actions, DeleteLimits, Tell, WriteLimits
from controller.decisions.limits.facts import LimitsFacts, Part, quota_part, range_part
from controller.decisions.limits.manifests import fingerprint, limits_manifest
from controller.decisions.limits.use import decide_use
from controller.decisions.limits.wording import (
    tell_lifted,
    tell_missed,
    tell_put_back,
    tell_set,
    tell_taken_over,
)
from controller.decisions.subjects import namespace_subject
from kube.events import ObjectReference

_SCOPES = frozenset({"scopes", "scopeSelector"})
"""What the API server lets nobody change of a ResourceQuota: it is made anew."""


def decide_limits(facts: LimitsFacts) -> Actions:
    """Have ResourceQuota and LimitRange say what labels and profile say, and tell of use that comes near it.

    Only ours are touched; what has our name in an opted-in namespace becomes ours. What somebody changed by hand is
    told apart from what labels and profile have changed by what we wrote last.
    """
    if facts.namespace.deleting:
        return ()
    about, quota, limit_range = namespace_subject(facts.namespace), quota_part(facts), range_part(facts)
    parts = (quota, limit_range)
    actions = tuple(action for part in parts if not part.is_right for action in _mend(about, part, facts))
    if not actions:
        return decide_use(about, quota, facts)
    return (*actions, *_tell_what_holds(about, parts, facts))


def writes(actions: Actions) -> bool:
    """Whether anything is written to the API server but Events."""
    return any(isinstance(action, WriteLimits | DeleteLimits) for action in actions)


def _mend(about: ObjectReference, part: Part, facts: LimitsFacts) -> Iterator[Action]:
    found, spec = part.found, part.spec
    scoped = found is not None and not _SCOPES.isdisjoint(found.spec)
    if found and (spec is None or scoped):
        yield DeleteLimits(about, part.resource, found.uid, found.version)
    if spec is not None:
        told = found.told if found and _changed_by_hand(part) else ""
        place = replace(part, found=None) if scoped else part
        yield WriteLimits(about, part.resource, limits_manifest(place, about.name, spec, told))
        yield from _tell_why(about, part, facts)


def _tell_why(about: ObjectReference, part: Part, facts: LimitsFacts) -> Iterator[Tell]:
    """What somebody else has done; nothing where labels or profile have changed."""
    if part.found is None:
        if part.resource.kind in facts.missed:
            yield tell_missed(about, part, facts.contact)
    elif not part.found.ours:
        yield tell_taken_over(about, part, facts.contact)
    elif _changed_by_hand(part):
        yield tell_put_back(about, part, facts.contact)


def _changed_by_hand(part: Part) -> bool:
    """Whether ours is not as we left it, although labels and profile still say the same."""
    found, spec = part.found, part.spec
    return found is not None and found.ours and spec is not None and found.written == fingerprint(spec)


def _tell_what_holds(about: ObjectReference, parts: tuple[Part, Part], facts: LimitsFacts) -> Actions:
    """What holds from now on, where labels or profile have changed it."""
    if not any(_is_news(part, facts) for part in parts):
        return ()
    if facts.settings is None or all(part.spec is None for part in parts):
        return (tell_lifted(about, facts.settings),)
    return (tell_set(about, facts.settings, facts.contact),)


def _is_news(part: Part, facts: LimitsFacts) -> bool:
    missed = part.found is None and part.resource.kind in facts.missed
    return not (part.is_right or missed or _changed_by_hand(part))
