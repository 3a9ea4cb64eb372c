"""The policy of the moment, ready to be asked."""

from dataclasses import dataclass
from functools import cached_property

from policy.exports import Inside, ManagedExports, Reaching
from policy.model import Export, Policy
from policy.volumes import NfsSource


@dataclass(frozen=True)
class Rules:
    """The policy, and what follows from it; a new policy makes new rules."""

    policy: Policy

    @cached_property
    def exports(self) -> ManagedExports:
        """The policy's exports."""
        return ManagedExports(self.policy.exports)

    def export_of(self, source: NfsSource) -> Export | None:
        """The managed export that a source lies on or could reach, if any."""
        location = self.exports.locate(source.server, source.path)
        return location.export if isinstance(location, Inside | Reaching) else None
