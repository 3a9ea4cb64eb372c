"""What a duty is told by the part of it that knows what its work is."""

from collections.abc import Iterable
from typing import Protocol

from controller.decisions.actions import Actions, Outcomes
from controller.observed.view import ClusterView
from controller.work import Work


class Case(Protocol):
    """One object being dealt with."""

    def decide(self, outcomes: Outcomes) -> Actions:
        """Look at the object as it is now, and say what to do, given what the export has answered so far.

        Raises `ApiError` where a fresh read fails, `WrongShape` for an object that cannot be.
        """
        ...


class NothingToDo:
    """The case of an object that is no work of the duty (any more)."""

    def decide(self, _outcomes: Outcomes) -> Actions:
        """See `Case`."""
        return ()


class Role(Protocol):
    """The part of a duty that knows which objects are its work and what is to be done with them.

    `name` is the duty's: `cluster`, or `export-` and the export's. `view` is what the controller knows of the cluster.
    """

    name: str
    view: ClusterView

    def wants(self, work: Work) -> bool:
        """Whether there may be something to do for an object, by what is remembered of it: cheap, may err on the
        side of yes.
        """
        ...

    def everything(self, namespace: str | None = None) -> Iterable[Work]:
        """All objects that it may want, of one namespace or of all, the most urgent first."""
        return (work for work in self.view.everything(namespace) if self.wants(work))

    def unwatched(self) -> Iterable[Work]:
        """Objects that it may want and that no watch shows, found by asking the API: for now and then. Raises
        `ApiError`.
        """
        ...

    def open(self, work: Work) -> Case:
        """Begin to deal with an object."""
        ...
