"""The export's own house: archives whose time is over, what is still to be removed, and what lies aside by mistake."""

from collections.abc import Collection, Iterator

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.house import Bereft, decide_house, is_in_use
from controller.duties.cases.surroundings import Surroundings
from controller.export.outcomes import Kept
from controller.export.requests import KeepHouse
from policy.model import Export
from policy.shapes import mapping, text
from policy.volumes import nfs_source, place_of


class HouseCase:
    """The house of one export."""

    def __init__(self, around: Surroundings, export: Export) -> None:
        self._around, self._export = around, export

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        kept = outcomes.get(KeepHouse())
        return decide_house(outcomes, self._bereft(kept.aside) if isinstance(kept, Kept) and kept.aside else ())

    def _bereft(self, aside: Collection[str]) -> Iterator[Bereft]:
        """The volumes in use whose data lies `aside`, known by their uids. They are read afresh, since a volume may
        have come to its end, and its data have been set aside for that, before our watch shows it.
        """
        view = self._around.view
        for name in view.volume_names():
            known = view.volume(name)
            volume = self._around.reads.volume(name) if known and known.uid in aside else None
            if volume is None or text(volume, "metadata", "uid") not in aside or not is_in_use(volume):
                continue
            place = place_of(nfs_source(mapping(volume, "spec")), view.rules.exports)
            if place and place.segments and place.export.name == self._export.name:
                yield Bereft(volume, place.segments)
