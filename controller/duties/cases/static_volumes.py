"""Static volumes on the export: those that administrators make."""

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.volumes import decide_volume
from controller.duties.cases.surroundings import Surroundings
from policy.model import Export


class StaticVolumeCase:
    """A static volume's directory."""

    def __init__(self, around: Surroundings, export: Export, name: str) -> None:
        self._around, self._export, self._name = around, export, name

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        volume = self._around.view.volume(self._name)
        if volume is None or volume.claim is None:
            return ()
        claim = self._around.view.claim(volume.claim.namespace, volume.claim.name)
        return decide_volume(volume, claim, self._around.facts(self._export, volume.claim.namespace), outcomes)
