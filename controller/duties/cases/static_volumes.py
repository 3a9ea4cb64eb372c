"""Static volumes on the export: those that administrators make."""

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.subjects import volume_subject
from controller.decisions.volumes import decide_volume
from controller.duties.cases.surroundings import Surroundings
from policy.model import Export


class StaticVolumeCase:
    """A static volume's directory, and the gid that it carries, which goes when its claim does."""

    def __init__(self, around: Surroundings, export: Export, name: str) -> None:
        self._around, self._export, self._name = around, export, name

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        volume = self._around.view.volume(self._name)
        if volume is None:
            return ()
        namespace = volume.claim.namespace if volume.claim else ""
        claim = self._around.view.claim(namespace, volume.claim.name) if volume.claim else None
        facts, about = self._around.facts(self._export, namespace), volume_subject(volume)
        return self._around.with_gid(about, namespace, lambda: decide_volume(volume, claim, facts, outcomes))
