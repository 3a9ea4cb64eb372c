"""What all cases of one export's duty stand on."""

from collections.abc import Callable
from dataclasses import dataclass

from controller.decisions.actions import Actions
from controller.decisions.facts import ExportFacts
from controller.duties.cases.gids import Gids
from controller.observed.fresh import FreshReads
from controller.observed.view import ClusterView
from kube.events import ObjectReference
from policy.errors import GidUnknown, ParametersRefused
from policy.model import Export
from policy.parameters import exports_of
from policy.shapes import Json, mapping, text


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The export of this name, and how to learn of the cluster."""

    export_name: str
    view: ClusterView
    reads: FreshReads
    gids: Gids

    @property
    def export(self) -> Export | None:
        """The export, as the policy of the moment describes it."""
        return self.view.rules.exports.named(self.export_name)

    def facts(self, export: Export, namespace: str) -> ExportFacts:
        """What decisions are given about an object of a namespace."""
        view = self.view
        return ExportFacts(view.rules, export, view.settings(namespace), view.occupied, view.gid(namespace))

    def with_gid(self, about: ObjectReference, namespace: str, decide: Callable[[], Actions]) -> Actions:
        """What is decided on an object of a namespace; where the namespace's own gid is needed for it and there is
        none yet, to get that first.
        """
        try:
            return decide()
        except GidUnknown:
            return self.gids.assign(about, namespace)

    def own_class(self, storage_class: str, chosen: str) -> Json | None:
        """The class of that name where it is one of ours on this export; None for all others. Of a class that names
        several exports it is the `chosen` one's.
        """
        found = self.view.storage_class(storage_class)
        if found is None or text(found, "provisioner") not in self.view.rules.policy.provisioners:
            return None
        try:
            exports = exports_of(mapping(found, "parameters"), self.view.rules.exports)
        except ParametersRefused:
            return None  # the cluster's duty tells
        names = [export.name for export in exports]
        mine = names == [self.export_name] or (self.export_name in names and chosen == self.export_name)
        return found if mine else None
