"""Two controllers at once, both of which think that they lead, while a claim is deleted and made again under its name.

Everything that happens between two processes happens in some order: hypothesis tries orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.decisions.actions import Action, DeleteVolume, LookAgain, ReleaseVolume
from controller.decisions.reclaim.decision import decide_reclaim
from controller.decisions.reclaim.plan import ReclaimFacts
from controller.export.outcomes import Blocked, Finished, Missing, Moved, Outcome
from controller.export.requests import ArchiveAside, PutBack, RemoveAside, Request, SetAside
from controller.observed.occupied import OccupiedDirectories
from controller.rules import Rules
from policy import keys
from policy.load import load_policy

Json = dict[str, Any]

RULES = Rules(load_policy("exports: [{name: main, server: 10.0.0.5, path: /nfs}]\nprofiles: [{name: default}]", "test"))
PLACE = ("team-a", "data")


@dataclass
class Shelves:
    """An export in memory; what lies in a directory is the uid of the claim that wrote it."""

    places: dict[tuple[str, ...], str] = field(default_factory=dict)
    aside: dict[str, str] = field(default_factory=dict)
    archives: list[str] = field(default_factory=list)

    def ask(self, request: Request) -> Outcome:
        match request:
            case SetAside(segments, uid):
                return self._move(self.places, segments, self.aside, uid)
            case PutBack(segments, uid):
                if uid in self.aside and segments in self.places:
                    return Blocked("something is there again")
                return self._move(self.aside, uid, self.places, segments)
            case RemoveAside(uid):
                return Finished(1) if self.aside.pop(uid, None) else Missing()
            case ArchiveAside(archived):
                return self._archive(archived.volume_uid)
        raise AssertionError(request)

    def _move(self, here: dict[Any, str], name: Any, there: dict[Any, str], new: Any) -> Outcome:
        if new in there:
            return Moved()
        if name not in here:
            return Missing()
        there[new] = here.pop(name)
        return Moved()

    def _archive(self, uid: str) -> Outcome:
        if uid not in self.aside:
            return Missing()
        self.archives.append(self.aside.pop(uid))
        return Moved()


@dataclass
class Cluster:
    """One claim at a time, its volume and those of earlier ones; each claim writes as soon as it has a volume."""

    on_delete: str
    shelves: Shelves = field(default_factory=Shelves)
    volumes: dict[str, Json] = field(default_factory=dict)
    claim: str | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def create_claim(self) -> None:
        """Make the claim and its volume, in whatever directory is there: as the provisioner, unless an older volume
        has that directory.
        """
        if self.claim or self.volumes:
            return
        self.claim = f"claim-{next(self.numbers)}"
        self.shelves.places[PLACE] = self.claim
        self.volumes[f"pvc-{self.claim}"] = self._volume(self.claim)

    def delete_claim(self) -> None:
        """Delete the claim; Kubernetes says of its volume that it is released."""
        if self.claim:
            self.volumes[f"pvc-{self.claim}"]["status"] = {"phase": "Released"}
            self.claim = None

    def perform(self, action: Action) -> None:
        """Have an effect, as the API server does: only on the very volume."""
        if not isinstance(action, ReleaseVolume | DeleteVolume):
            return
        found = self.volumes.get(action.about.name)
        if found is None or found["metadata"]["uid"] != action.about.uid:
            return
        if isinstance(action, DeleteVolume):
            del self.volumes[action.about.name]
        else:
            self.volumes[action.about.name] = {**found, "metadata": {**found["metadata"], "finalizers": []}}

    def _volume(self, claim: str) -> Json:
        marks = {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ON_DELETE: self.on_delete}
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {
                "name": f"pvc-{claim}",
                "uid": f"uid-of-{claim}",
                "annotations": marks,
                "finalizers": [keys.DATA_FINALIZER],
            },
            "spec": {
                "claimRef": {"namespace": "team-a", "name": "data", "uid": claim},
                "nfs": {"server": "10.0.0.5", "path": "/nfs/team-a/data"},
                "persistentVolumeReclaimPolicy": "Delete",
            },
            "status": {"phase": "Bound"},
        }


def controller(cluster: Cluster) -> Iterator[None]:
    """A controller that looks at every volume in turn; it may be held up wherever it yields."""
    while True:
        yield
        for first in list(cluster.volumes.values()):
            yield from dealing(cluster, first)


def dealing(cluster: Cluster, first: Json) -> Iterator[None]:
    name, outcomes = first["metadata"]["name"], dict[Request, Outcome]()
    while True:
        now = cluster.volumes.get(name)
        lives = now is not None and now["spec"]["claimRef"]["uid"] == cluster.claim
        actions = decide_reclaim(known(first, now, lives), outcomes)
        requests = [action for action in actions if isinstance(action, Request)]
        for request in requests:
            yield
            outcomes[request] = cluster.shelves.ask(request)
        if not requests:
            for action in actions:
                assert not isinstance(action, LookAgain)
                yield
                cluster.perform(action)
            return


def known(first: Json, now: Json | None, claim_lives: bool) -> ReclaimFacts:
    return ReclaimFacts(RULES, RULES.exports.exports[0], OccupiedDirectories(), first, now, claim_lives)


def rest(controllers: list[Iterator[None]]) -> None:
    """Let the controllers go on undisturbed until they have looked at everything once more."""
    for each in controllers:
        for _ in range(40):
            next(each)


BURSTS = st.tuples(st.sampled_from(["one", "two"]), st.sampled_from([1, 2, 3, 4, 20]))
"""Who goes on, and for how many steps: one is often held up while the other does all there is to do."""


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(["delete", "archive"]), st.lists(BURSTS | st.sampled_from(["create", "delete"]), max_size=30))
def test_a_living_claim_keeps_its_data_whatever_the_order(on_delete: str, order: list[str | tuple[str, int]]) -> None:
    cluster = Cluster(on_delete)
    one, two = controller(cluster), controller(cluster)
    for step in order:
        match step:
            case "create":
                cluster.create_claim()
            case "delete":
                cluster.delete_claim()
            case who, steps:
                for _ in range(int(steps)):
                    next(one if who == "one" else two)
        kept = {*cluster.shelves.places.values(), *cluster.shelves.aside.values()}
        assert cluster.claim is None or cluster.claim in kept

    rest([one, two])

    assert cluster.shelves.aside == {}
    left = set(cluster.shelves.places.values())
    assert cluster.claim is None or left == {cluster.claim}
    # Where one puts back what it has taken for an earlier volume's, the other may have found nothing there meanwhile.
    ended = {f"claim-{number}" for number in range(next(cluster.numbers))} - {cluster.claim}
    dealt_with = ended - left
    assert len(ended - dealt_with) <= 1
    assert set(cluster.shelves.archives) == (dealt_with if on_delete == "archive" else set())
