"""What else is to be looked at when one object changes, since what is decided on it reads the one that changed.

Each kind of object is watched by itself, and any watch may be late: a decision may be made on an object that is new and
another that is old. So either's change has to lead to the decision, whichever comes last. What a namespace's labels, a
class or the policy entail is not here: all that they may concern is looked at.
"""

from collections.abc import Callable, Iterable, Iterator

from controller.observed.records import ClaimRecord, ClaimRef, VolumeRecord
from controller.work import GIDS, Kind, Work, usage_of
from kube.informer import Change
from policy.gids import Holder, Ledger


def by_ledger(change: Change[Ledger], lives: Callable[[Holder], bool]) -> Iterator[Work]:
    """The ledger itself: for damage that is new in it, and for holders that are, but that are gone already. That a
    namespace which `lives` got a gid is no news.
    """
    before, after = change.old or Ledger(), change.new or Ledger()
    damaged = bool(after.damage) and after.damage != before.damage
    if damaged or any(not lives(holder) for holder in after.living if holder not in before.living):
        yield GIDS


def by_claim(change: Change[ClaimRecord], volumes: Callable[[], Iterable[VolumeRecord]]) -> Iterator[Work]:
    """The volumes that refer to a claim, where its author has it left alone no longer; and the use of the one that it
    is bound to: somebody may have changed what the claim says of that.
    """
    old, new = change.old, change.new
    if new and new.volume:
        yield usage_of(new.volume)
    if old and new and old.left_alone and not new.left_alone:
        yield from (Work(Kind.VOLUME, "", each.name) for each in volumes() if each.claim and _is(each.claim, new))


def by_volume(change: Change[VolumeRecord]) -> Iterator[Work]:
    """The claim of a volume that somebody else's provisioner has made and that is ours from now on: it may have asked
    for more meanwhile. And its use.
    """
    old, new = change.old, change.new
    yield usage_of(change.key.name)
    if old and new and new.claim and old.provisioner != new.provisioner:
        yield Work(Kind.CLAIM, new.claim.namespace, new.claim.name)


def _is(reference: ClaimRef, claim: ClaimRecord) -> bool:
    return (reference.namespace, reference.name) == (claim.namespace, claim.name)
