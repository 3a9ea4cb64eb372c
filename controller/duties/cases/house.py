"""The export's own house: archives whose time is over, and what is still to be removed."""

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.house import decide_house


class HouseCase:
    """The house of one export."""

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        return decide_house(outcomes)
