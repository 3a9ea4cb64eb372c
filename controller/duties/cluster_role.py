"""What the cluster's duty does, with nothing mounted: healing, and gates that no export's duty lifts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.choosing import decide_export
from controller.decisions.cloning import SourceNotReady, wait_for_source
from controller.decisions.gates import decide_gates
from controller.decisions.healing import heal_claim, heal_volume
from controller.decisions.newvolume import volume_name
from controller.decisions.provisioning import tell_failed, waits_for_us
from controller.decisions.reclaim.plan import may_be_at_its_end
from controller.decisions.warnings import warn_of_labels
from controller.duties.cases.gids import Gids, LedgerCase
from controller.duties.cases.limits import Limits, LimitsCase
from controller.duties.cases.reclaim import UnservedVolumeCase
from controller.duties.cases.sources import beside_source
from controller.duties.role import Case, NothingToDo, Role
from controller.names import CLUSTER_DUTY
from controller.observed.fresh import FreshReads
from controller.observed.limits import NamespaceLimits
from controller.observed.records import (
    ClaimRecord,
    VolumeRecord,
    asked_provisioner,
    claim_record,
    class_of_claim,
    is_our_gate,
    namespace_record,
)
from controller.observed.standings import ExportStandings
from controller.observed.view import ClusterView
from controller.work import GIDS, Kind, Work
from kube.events import ObjectReference
from policy.claims import ClassFacts, NamedVolume, VolumeFound, VolumeMissing
from policy.classes import cluster_default, storage_class_of
from policy.errors import ParametersRefused
from policy.model import Export
from policy.parameters import exports_of
from policy.profiles import NamespaceSettings, settings_for
from policy.shapes import Json, mapping, text


@dataclass(frozen=True, slots=True)
class ClusterSources:
    """What the cluster's duty alone knows of the cluster, beside the view that all duties share."""

    reads: FreshReads
    standings: ExportStandings
    limits: NamespaceLimits


class ClusterRole(Role):
    """The role of the one duty that needs no export. `now` is the wall clock, in UTC."""

    name = CLUSTER_DUTY

    def __init__(self, view: ClusterView, sources: ClusterSources, now: Callable[[], datetime]) -> None:
        self.view = view
        self.reads = sources.reads
        self.standings = sources.standings
        self.now = now
        self._gids = Gids(view, now)
        self._limits = Limits(view, sources.limits)

    def wants(self, work: Work) -> bool:
        """See `Role`."""
        match work.kind:
            case Kind.POD:
                pod = self.view.pod(work.namespace, work.name)
                return pod is not None and any(is_our_gate(gate) for gate in pod.gates)
            case Kind.VOLUME:
                return self._wants_volume(self.view.volume(work.name))
            case Kind.CLAIM:
                return self._wants_claim(self.view.claim(work.namespace, work.name))
            case Kind.NAMESPACE:
                settings = self.view.settings(work.name)
                return settings is not None and bool(settings.warnings)
            case Kind.LIMITS:
                return self._limits.wanted(work.namespace)
            case Kind.GIDS | Kind.HOUSE | Kind.USAGE:
                return work.kind is Kind.GIDS  # each export's own duty sees to the others

    def everything(self, namespace: str | None = None) -> Iterable[Work]:
        """See `Role`; also the ledger, for a namespace that has to get its gid."""
        yield from super().everything(namespace)
        if namespace is not None and self._gids.lacks(namespace):
            yield GIDS

    def unwatched(self) -> Iterable[Work]:
        """See `Role`; every gated Pod is watched, and limits are as long as they are kept."""
        return self._limits.left_over()

    def open(self, work: Work) -> Case:
        """See `Role`."""
        match work.kind:
            case Kind.POD:
                return _GateCase(self, work)
            case Kind.VOLUME:
                volume = self.view.volume(work.name)
                over = volume is not None and volume.over
                return UnservedVolumeCase(self.view, self.reads, work.name) if over else _VolumeCase(self, work.name)
            case Kind.CLAIM:
                return _ClaimCase(self, work)
            case Kind.NAMESPACE:
                return _NamespaceCase(self, work.name)
            case Kind.LIMITS | Kind.GIDS | Kind.HOUSE | Kind.USAGE:
                return self._open_kept(work)

    def _open_kept(self, work: Work) -> Case:
        """What is kept for everybody, rather than waited for by somebody."""
        if work.kind is Kind.LIMITS:
            return LimitsCase(self._limits, work.namespace)
        return LedgerCase(self._gids, self.reads) if work.kind is Kind.GIDS else NothingToDo()

    def may_serve(self, storage_class: str, asked: str) -> bool:
        """Whether a claim of a class may be ours to serve: the binder has asked one of ours, or nobody yet."""
        if not asked:
            found = self.view.storage_class(storage_class)
            asked = (text(found, "provisioner") if found else None) or ""
        return asked in self.view.rules.policy.provisioners

    def exports_of_class(self, storage_class: str) -> tuple[Export, ...]:
        """The exports that can serve a class; raises `ParametersRefused`, a clause that names it, where none can."""
        found = self.view.storage_class(storage_class)
        if found is None:
            raise ParametersRefused(f"StorageClass {storage_class} does not exist")
        try:
            return exports_of(mapping(found, "parameters"), self.view.rules.exports)
        except ParametersRefused as refused:
            raise ParametersRefused(f"StorageClass {storage_class}: {refused}") from refused

    def _wants_claim(self, claim: ClaimRecord | None) -> bool:
        if claim is None or not claim.pending or claim.deleting:
            return False
        if claim.storage_class is None:
            return not claim.left_alone and self.view.settings(claim.namespace) is not None
        if not self.may_serve(claim.storage_class, claim.provisioner):
            return False
        try:
            return len(self.exports_of_class(claim.storage_class)) > 1
        except ParametersRefused:
            return True

    def _wants_volume(self, volume: VolumeRecord | None) -> bool:
        if volume is None:
            return False
        if may_be_at_its_end(volume):
            return volume.source is None or self.view.rules.export_of(volume.source) is None
        if volume.source is None or volume.claim is None or volume.has_options or volume.over or volume.left_alone:
            return False
        settings = self.view.settings(volume.claim.namespace)
        return settings is not None and self._has_options_to_give(volume, settings)

    def _has_options_to_give(self, volume: VolumeRecord, settings: NamespaceSettings) -> bool:
        """Whether anybody sets options at all: where nobody does, reading thousands of volumes would be for nothing."""
        if settings.profile.mount_options or settings.profile.allowed_mount_options:
            return True
        export = self.view.rules.export_of(volume.source) if volume.source else None
        return export is not None and bool(export.mount_options)


class _GateCase:
    def __init__(self, role: ClusterRole, work: Work) -> None:
        self._role, self._work = role, work

    def decide(self, _outcomes: Outcomes) -> Actions:
        pod = self._role.view.pod(self._work.namespace, self._work.name)
        if pod is None:
            return ()
        settings = self._role.view.settings(pod.namespace) or self._settings_now(pod.namespace)
        return decide_gates(pod, settings, self._role.view.rules, self._role.now())

    def _settings_now(self, name: str) -> NamespaceSettings | None:
        """The webhook may know of a label that has not reached our watch: nothing is orphaned by our being late."""
        namespace = self._role.reads.namespace(name)
        if namespace is None:
            return None
        return settings_for(self._role.view.rules.policy, name, namespace_record(namespace).labels)


class _VolumeCase:
    def __init__(self, role: ClusterRole, name: str) -> None:
        self._role, self._name = role, name

    def decide(self, _outcomes: Outcomes) -> Actions:
        """A volume whose claim is not there yet waits: the claim may ask for options of its own."""
        volume = self._role.reads.volume(self._name)
        namespace = text(volume, "spec", "claimRef", "namespace") if volume else None
        name = text(volume, "spec", "claimRef", "name") if volume else None
        if not (volume and namespace and name):
            return ()
        settings = self._role.view.settings(namespace)
        claim = self._role.reads.claim(namespace, name) if settings else None
        if settings is None or claim is None:
            return ()
        return heal_volume(volume, claim, settings, self._role.view.rules.exports)


class _ClaimCase:
    def __init__(self, role: ClusterRole, work: Work) -> None:
        self._role, self._work = role, work

    def decide(self, _outcomes: Outcomes) -> Actions:
        if not self._role.wants(self._work):
            return ()  # it has its volume: no need to read it
        claim = self._role.reads.claim(self._work.namespace, self._work.name)
        if claim is None or not claim_record(claim).pending:
            return ()
        storage_class = class_of_claim(claim)
        if storage_class is None:
            settings = self._role.view.settings(self._work.namespace)
            return heal_claim(claim, settings, self._class_facts(claim)) if settings else ()
        if not self._role.may_serve(storage_class, asked_provisioner(claim)):
            return ()
        try:
            exports = self._role.exports_of_class(storage_class)
        except ParametersRefused as refused:
            return (tell_failed(ObjectReference.of(claim), str(refused)),)
        return self._chosen(claim, storage_class, exports) if len(exports) > 1 else ()

    def _chosen(self, claim: Json, storage_class: str, exports: Sequence[Export]) -> Actions:
        """One of several exports for a claim that is to have a volume now and has none yet."""
        view = self._role.view
        found, volume = view.storage_class(storage_class), volume_name(text(claim, "metadata", "uid") or "")
        if found is None or view.volume(volume):
            return ()
        unclaimed = view.unclaimed.any_for(text(claim, "metadata", "uid") or "", storage_class)
        if not waits_for_us(claim, found, view.rules.policy.provisioners, unclaimed=unclaimed):
            return ()
        try:
            eligible = beside_source(view, claim, exports)
        except SourceNotReady as waiting:
            return wait_for_source(ObjectReference.of(claim), waiting)
        return decide_export(claim, [self._role.standings.candidate(export.name) for export in eligible])

    def _class_facts(self, claim: Json) -> ClassFacts:
        classes = map(storage_class_of, self._role.view.storage_classes())
        return ClassFacts(cluster_default(classes), self._named_volume(text(claim, "spec", "volumeName")))

    def _named_volume(self, name: str | None) -> NamedVolume:
        volume = self._role.view.volume(name) if name else None
        return VolumeFound(volume.storage_class) if volume else VolumeMissing()


class _NamespaceCase:
    def __init__(self, role: ClusterRole, name: str) -> None:
        self._role, self._name = role, name

    def decide(self, _outcomes: Outcomes) -> Actions:
        namespace, settings = self._role.view.namespace(self._name), self._role.view.settings(self._name)
        return warn_of_labels(namespace, settings) if namespace else ()
