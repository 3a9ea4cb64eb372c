"""What the duty of one export does: directories for Pods and static volumes, and volumes for claims of its classes."""

from collections.abc import Iterable

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.facts import ExportFacts
from controller.decisions.newvolume import volume_name
from controller.decisions.parameters import ParametersRefused, export_for
from controller.decisions.pods import decide_pod, touched_exports
from controller.decisions.provisioning import ClaimFacts, decide_claim, tell_left_behind
from controller.decisions.volumes import decide_volume, is_ours_to_serve
from controller.duties.role import Case, NothingToDo, Role
from controller.observed.fresh import FreshReads
from controller.observed.records import ClaimRecord, VolumeRecord, class_of_claim, pod_record
from controller.observed.view import ClusterView
from controller.work import Kind, Work
from kube.events import ObjectReference
from policy import keys
from policy.model import Export
from policy.shapes import Json, mapping, text


class ExportRole(Role):
    """The role of the duty for the export of this name. While the policy has no such export, nothing is its work."""

    def __init__(self, export: str, view: ClusterView, reads: FreshReads) -> None:
        self.name = f"export-{export}"
        self._export_name = export
        self.view = view
        self.reads = reads

    @property
    def export(self) -> Export | None:
        """The export, as the policy of the moment describes it."""
        return self.view.rules.exports.named(self._export_name)

    def wants(self, work: Work) -> bool:
        """See `Role`."""
        match work.kind:
            case Kind.POD:
                pod = self.view.pod(work.namespace, work.name)
                return pod is not None and self._export_name in touched_exports(pod, self.view.rules)
            case Kind.VOLUME:
                return self._wants_volume(self.view.volume(work.name))
            case Kind.CLAIM:
                return self._wants_claim(self.view.claim(work.namespace, work.name))
            case Kind.NAMESPACE:
                return False

    def unwatched(self) -> Iterable[Work]:
        """See `Role`. A Pod that the webhook never saw has no label: it was away, or the namespace not opted in."""
        for pod in map(pod_record, self.reads.pods_waiting_on_a_node()):
            if pod and self._export_name in touched_exports(pod, self.view.rules):
                yield Work(Kind.POD, pod.namespace, pod.name)

    def open(self, work: Work) -> Case:
        """See `Role`."""
        export = self.export
        if export is None:
            return NothingToDo()
        match work.kind:
            case Kind.POD:
                return _PodCase(self, export, work)
            case Kind.VOLUME:
                return _VolumeCase(self, export, work.name)
            case Kind.CLAIM:
                return _ClaimCase(self, export, work)
            case Kind.NAMESPACE:
                return NothingToDo()

    def facts(self, export: Export, namespace: str) -> ExportFacts:
        """What decisions are given about an object of a namespace."""
        return ExportFacts(self.view.rules, export, self.view.settings(namespace), self.view.occupied)

    def own_class(self, storage_class: str) -> Json | None:
        """The class of that name where it is one of ours on this export; None for all others."""
        found = self.view.storage_class(storage_class)
        if found is None or text(found, "provisioner") != keys.PROVISIONER:
            return None
        try:
            export = export_for(mapping(found, "parameters"), self.view.rules.exports)
        except ParametersRefused:
            return None  # the cluster's duty tells
        return found if export.name == self._export_name else None

    def _wants_volume(self, volume: VolumeRecord | None) -> bool:
        if volume is None or volume.source is None or not is_ours_to_serve(volume, None):
            return False
        export = self.view.rules.export_of(volume.source)
        return export is not None and export.name == self._export_name

    def _wants_claim(self, claim: ClaimRecord | None) -> bool:
        if claim is None or claim.provisioner != keys.PROVISIONER or not claim.pending or claim.deleting:
            return False
        return self.own_class(claim.storage_class or "") is not None


class _PodCase:
    def __init__(self, role: ExportRole, export: Export, work: Work) -> None:
        self._role, self._export, self._work = role, export, work

    def decide(self, outcomes: Outcomes) -> Actions:
        pod = self._role.view.pod(self._work.namespace, self._work.name)
        if pod is None:
            # It may have been scheduled and left the watch before we came to look at it.
            raw = self._role.reads.pod(self._work.namespace, self._work.name)
            pod = pod_record(raw) if raw else None
        return decide_pod(pod, self._role.facts(self._export, self._work.namespace), outcomes) if pod else ()


class _VolumeCase:
    def __init__(self, role: ExportRole, export: Export, name: str) -> None:
        self._role, self._export, self._name = role, export, name

    def decide(self, outcomes: Outcomes) -> Actions:
        volume = self._role.view.volume(self._name)
        if volume is None or volume.claim is None:
            return ()
        claim = self._role.view.claim(volume.claim.namespace, volume.claim.name)
        return decide_volume(volume, claim, self._role.facts(self._export, volume.claim.namespace), outcomes)


class _ClaimCase:
    """Reads the claim afresh each time: also after its directory was made, so that none is served that is gone."""

    def __init__(self, role: ExportRole, export: Export, work: Work) -> None:
        self._role, self._export, self._work = role, export, work
        self._first: ObjectReference | None = None

    def decide(self, outcomes: Outcomes) -> Actions:
        claim = self._role.reads.claim(self._work.namespace, self._work.name)
        facts = self._role.facts(self._export, self._work.namespace)
        if self._first and (claim is None or ObjectReference.of(claim).uid != self._first.uid):
            return tell_left_behind(self._first, facts, outcomes)
        if claim is None:
            return ()
        self._first = ObjectReference.of(claim)
        storage_class = self._role.own_class(class_of_claim(claim) or "")
        if storage_class is None:
            return ()
        volume = self._role.view.volume(volume_name(self._first.uid))
        return decide_claim(claim, ClaimFacts(facts, storage_class, volume), outcomes)
