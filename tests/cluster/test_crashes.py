"""A controller that is killed after each of its effects and started again: nothing is lost, and nothing done twice."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, sequence, text

from .ledger import gid_of
from .mortals import Mortals
from .objects import is_scheduled, nfs, phase, pod, volume, whole_claim
from .recording import recording

MOST_LIVES = 60
_DIRECTORIES = 6
"""Two of claims, three for the Pod, one for the static volume."""
_MODES = {0o2770, 0o2771}
"""What is on the way to others can be walked through."""


@dataclass(frozen=True)
class Scene:
    """Work of each kind, in an opted-in namespace and in one that was opted in afterwards."""

    client: Client
    team: str
    newcomers: str
    export_root: Path

    def create(self, stand_in: dict[str, str]) -> None:
        """Create all of it: what is provisioned, waits for directories, and has to be healed."""
        create = self.client.create
        create(resources.CLAIMS, whole_claim("provisioned", self.team, storageClassName="nfs-team"))
        create(resources.PODS, pod("gated", self.team, nfs(f"{self.team}/x/y"), nodeSelector=stand_in))
        create(resources.CLAIMS, whole_claim("classless", self.newcomers))
        create(resources.CLAIMS, whole_claim("static", self.newcomers, storageClassName=""))
        reserved = (self.newcomers, "static")
        create(resources.VOLUMES, volume(f"{self.newcomers}-static", nfs(self.newcomers), reserved_for=reserved))
        label = {"metadata": {"labels": {keys.INJECT: keys.INJECT_ENABLED}}}
        self.client.patch(resources.NAMESPACES, self.newcomers, label, type="merge")

    def is_done(self) -> bool:
        """Whether everything is as it should be in the end."""
        claims = [*self.client.list(resources.CLAIMS, self.team).items]
        claims += self.client.list(resources.CLAIMS, self.newcomers).items
        waiting = self.client.get(resources.PODS, "gated", self.team)
        static = self.client.get(resources.VOLUMES, f"{self.newcomers}-static")
        return (
            all(phase(claim) == "Bound" for claim in claims)
            and is_scheduled(waiting)
            and bool(sequence(static, "spec", "mountOptions"))
            and len(self.directories()) == _DIRECTORIES
            and self.modes() == _MODES
            and all(gid_of(self.client, each) for each in (self.team, self.newcomers))
        )

    def directories(self) -> list[Path]:
        """The directories that were made for it."""
        namespaces = (self.team, self.newcomers)
        tops = [
            each for name in namespaces for each in (*self.export_root.glob(name), *self.export_root.glob(f"{name}-*"))
        ]
        return [path for top in tops for path in (top, *top.rglob("*"))]

    def modes(self) -> set[int]:
        """The modes of those: each directory is made with a narrower one."""
        return {path.stat().st_mode & 0o7777 for path in self.directories()}

    def volumes(self) -> list[Json]:
        """The volumes that were made for its claims."""
        return [
            each
            for each in self.client.list(resources.VOLUMES).items
            if annotations(each).get(keys.PROVISIONED_BY) == keys.PROVISIONER and self.owns(each)
        ]

    def owns(self, claim_or_volume: Json) -> bool:
        """Whether it belongs to one of its namespaces: what other tests leave behind may go away at any time."""
        namespace = text(claim_or_volume, "spec", "claimRef", "namespace") or text(
            claim_or_volume, "metadata", "namespace"
        )
        return namespace in (self.team, self.newcomers)


@pytest.fixture
def scene(client: Client, team: str, namespace: str, export_root: Path) -> Scene:
    """All kinds of work for a controller, not created yet."""
    return Scene(client, team, namespace, export_root)


def test_killed_after_each_effect_it_does_the_same_as_undisturbed(
    mortals: Mortals, scene: Scene, stand_in: dict[str, str]
) -> None:
    scene.create(stand_in)
    with recording(scene.client, resources.CLAIMS) as claims, recording(scene.client, resources.VOLUMES) as volumes:
        while mortals.lives < MOST_LIVES and not mortals.live(effects=1, is_done=scene.is_done):
            pass
    assert scene.is_done(), mortals.effects()

    directories = {"set_mode": _DIRECTORIES, "set_owner": 1}
    healed = {"SetClass": 1, "SetMountOptions": 1}
    expected = directories | healed | {"CreateVolume": 2, "LiftGates": 1}
    assert {name: mortals.effects()[name] for name in expected} == expected
    assert mortals.effects()["RecordGids"] in (1, 2)  # two namespaces need one, and one write may do for both
    assert mortals.lives == mortals.effects().total() + 1
    assert len(scene.volumes()) == 2
    changes = [seen for seen in (*claims.seen, *volumes.seen) if scene.owns(seen.object)]
    assert "Lost" not in {phase(seen.object) for seen in changes}
    assert "DELETED" not in {seen.type for seen in changes}
