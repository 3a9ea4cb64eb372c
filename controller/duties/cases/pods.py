"""Pods with inline volumes on the export."""

from controller.decisions.actions import Actions, Outcomes
from controller.decisions.pods import decide_pod
from controller.decisions.subjects import pod_subject
from controller.duties.cases.surroundings import Surroundings
from controller.observed.records import pod_record
from controller.work import Work
from policy.model import Export


class PodCase:
    """A Pod's directories and its gates."""

    def __init__(self, around: Surroundings, export: Export, work: Work) -> None:
        self._around, self._export, self._work = around, export, work

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        pod = self._around.view.pod(self._work.namespace, self._work.name)
        if pod is None:
            # It may have been scheduled and left the watch before we came to look at it.
            raw = self._around.reads.pod(self._work.namespace, self._work.name)
            pod = pod_record(raw) if raw else None
        if pod is None:
            return ()
        facts = self._around.facts(self._export, pod.namespace)
        return self._around.with_gid(pod_subject(pod), pod.namespace, lambda: decide_pod(pod, facts, outcomes))
