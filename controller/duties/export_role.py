"""What the duty of one export does: directories for Pods and static volumes, volumes for claims of its classes,
their growing, and how much of them is used.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime

from controller.decisions.newvolume import volume_name
from controller.decisions.pods import touched_exports
from controller.decisions.reclaim.plan import may_be_at_its_end
from controller.decisions.volumegids import carries_our_gid
from controller.decisions.volumes import is_ours_to_serve
from controller.duties.cases.expansion import ExpansionCase
from controller.duties.cases.gids import Gids
from controller.duties.cases.house import HouseCase
from controller.duties.cases.pods import PodCase
from controller.duties.cases.provisioning import ProvisioningCase
from controller.duties.cases.reclaim import Owed, ReclaimCase
from controller.duties.cases.sharing import Leaving
from controller.duties.cases.static_volumes import StaticVolumeCase
from controller.duties.cases.surroundings import Surroundings
from controller.duties.cases.usage import FIGURES_PER_SECOND, Usage, UsageCase
from controller.duties.role import Case, NothingToDo, Role
from controller.names import export_duty
from controller.observed.fresh import FreshReads
from controller.observed.records import ClaimRecord, VolumeRecord, pod_record
from controller.observed.usagetable import UsageTable
from controller.observed.view import ClusterView
from controller.turns import Turns
from controller.work import Kind, Work, usage_of
from policy import keys
from policy.model import Export
from policy.volumes import NfsSource


class ExportRole(Role):
    """The role of the duty for the export of this name. While the policy has no such export, nothing is its work. `now`
    is the wall clock, in UTC. `usage` is what is known of the use of its volumes.
    """

    def __init__(self, export: str, view: ClusterView, reads: FreshReads, now: Callable[[], datetime]) -> None:
        self.name = export_duty(export)
        self.view = view
        self._export_name = export
        self._around = Surroundings(export, view, reads, Gids(view, now))
        self._now = now
        self._owed = Owed()
        self._leaving = Leaving(view)
        self._house = Work(Kind.HOUSE, "", export)
        self.usage = UsageTable()
        self._usage = Usage(self._around, self.usage, Turns(FIGURES_PER_SECOND, time.monotonic))

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
            case Kind.HOUSE:
                return work == self._house
            case Kind.USAGE:
                return self._usage.concerns(work.name)
            case Kind.NAMESPACE | Kind.GIDS | Kind.LIMITS:
                return False

    def everything(self, namespace: str | None = None) -> Iterable[Work]:
        """See `Role`; also what was set aside of volumes that have gone since, the export's house, and how much of its
        volumes is used.
        """
        yield from super().everything(namespace)
        if namespace is None:
            yield self._house
            yield from (Work(Kind.VOLUME, "", name) for name in self._owed)
        gone = self.usage if namespace is None else ()
        for name in {*self.view.volume_names(namespace), *gone}:
            if self._usage.concerns(name):
                yield usage_of(name)

    def unwatched(self) -> Iterable[Work]:
        """See `Role`. A Pod that the webhook never saw has no label: it was away, or the namespace not opted in."""
        for pod in map(pod_record, self._around.reads.pods_waiting_on_a_node()):
            if pod and self._export_name in touched_exports(pod, self.view.rules):
                yield Work(Kind.POD, pod.namespace, pod.name)

    def open(self, work: Work) -> Case:
        """See `Role`."""
        if work.kind is Kind.USAGE:
            return UsageCase(self._usage, work.name)
        export = self._around.export
        return NothingToDo() if export is None else self._open(export, work)

    def _open(self, export: Export, work: Work) -> Case:
        match work.kind:
            case Kind.POD:
                return PodCase(self._around, export, work)
            case Kind.VOLUME:
                return self._open_volume(export, work.name)
            case Kind.CLAIM:
                return self._open_claim(export, work)
            case Kind.HOUSE:
                return HouseCase(self._around, export)
            case Kind.NAMESPACE | Kind.GIDS | Kind.LIMITS | Kind.USAGE:
                return NothingToDo()

    def _open_claim(self, export: Export, work: Work) -> Case:
        claim = self.view.claim(work.namespace, work.name)
        if claim and claim.grows:
            return ExpansionCase(self._around, export, work, self._now)
        return ProvisioningCase(self._around, export, work)

    def _open_volume(self, export: Export, name: str) -> Case:
        volume = self.view.volume(name)
        if (volume and may_be_at_its_end(volume)) or name in self._owed:
            return ReclaimCase(self._around, export, name, self._owed, self._leaving)
        return StaticVolumeCase(self._around, export, name)

    def _wants_volume(self, volume: VolumeRecord | None) -> bool:
        if volume is None or volume.source is None:
            return False
        concerns_us = is_ours_to_serve(volume, None) or may_be_at_its_end(volume) or carries_our_gid(volume)
        return concerns_us and self._lies_here(volume.source)

    def _wants_claim(self, claim: ClaimRecord | None) -> bool:
        if claim is None or claim.deleting:
            return False
        if claim.grows:
            return self._wants_to_grow(claim)
        if not claim.pending or (claim.provisioner and claim.provisioner not in self.view.rules.policy.provisioners):
            return False
        return self._around.own_class(claim.storage_class or "", claim.chosen) is not None

    def _wants_to_grow(self, claim: ClaimRecord) -> bool:
        """Whose work it is, its volume says: the class may be gone."""
        volume = self.view.volume(volume_name(claim.uid))
        if volume is None:
            return claim.provisioner in self.view.rules.policy.provisioners  # not seen yet, or gone: the case reads it
        if volume.source is None or volume.provisioner != keys.PROVISIONER:
            return False
        return self._lies_here(volume.source)

    def _lies_here(self, source: NfsSource) -> bool:
        export = self.view.rules.export_of(source)
        return export is not None and export.name == self._export_name
