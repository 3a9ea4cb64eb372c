"""Claims of the export's own classes."""

from controller.decisions.actions import Actions, CreateVolume, Outcomes, TryAgain
from controller.decisions.newvolume import volume_name
from controller.decisions.provisioning import ClaimFacts, PlaceTaken, decide_claim, refuse_for_now, tell_left_behind
from controller.duties.cases.sources import read_source
from controller.duties.cases.surroundings import Surroundings
from controller.export.requests import CopyDirectory, MakeDirectory
from controller.observed.records import class_of_claim
from controller.work import Work
from kube.events import ObjectReference
from policy import keys
from policy.exports import Segments, directory_path
from policy.model import Export
from policy.parameters import read_parameters
from policy.shapes import Json, annotations


class ProvisioningCase:
    """A claim that waits for a volume, as a watch shows it before and after its directory is made: none is served that
    is known to be gone. One that the watch has lost sight of is read, which tells whether there is a new one.
    """

    def __init__(self, around: Surroundings, export: Export, work: Work) -> None:
        self._around, self._export, self._work = around, export, work
        self._first: ObjectReference | None = None

    def decide(self, outcomes: Outcomes) -> Actions:
        """See `Case`."""
        claim = self._up_to_date()
        facts = self._around.facts(self._export, self._work.namespace)
        if self._first and (claim is None or ObjectReference.of(claim).uid != self._first.uid):
            return tell_left_behind(self._first, facts, outcomes)
        if claim is None:
            return ()
        if self._around.view.namespace(self._work.namespace) is None:
            return (TryAgain(f"namespace {self._work.namespace}, which may be opted in, is not known yet"),)
        self._first = ObjectReference.of(claim)
        chosen = annotations(claim).get(keys.CHOSEN_EXPORT, "")
        storage_class = self._around.own_class(class_of_claim(claim) or "", chosen)
        if storage_class is None:  # (any more, where something is made already)
            return tell_left_behind(self._first, facts, outcomes, "The claim is another export's to serve by now")
        volume = self._around.view.volume(volume_name(self._first.uid))
        unclaimed = self._around.view.unclaimed.any_for(self._first.uid, class_of_claim(claim) or "")
        known = ClaimFacts(facts, storage_class, volume, read_source(self._around.reads, claim), unclaimed)
        actions = self._around.with_gid(self._first, self._work.namespace, lambda: decide_claim(claim, known, outcomes))
        return self._alone(self._first, storage_class, actions)

    def _up_to_date(self) -> Json | None:
        namespace, name = self._work.namespace, self._work.name
        return self._around.view.whole_claim(namespace, name) or self._around.reads.claim(namespace, name)

    def _alone(self, about: ObjectReference, storage_class: Json, actions: Actions) -> Actions:
        """The same, unless another claim was given the same place a moment ago. It is taken before anything is asked of
        the export for it: of two claims the second would have the first one's directory held to its own size.
        """
        for action in actions:
            match action:
                case MakeDirectory(segments=segments) | CopyDirectory(segments=segments):
                    conflict = self._reserve(about, storage_class, segments)
                    path = directory_path(self._export, segments)
                case CreateVolume(volume=volume):
                    conflict = self._around.view.expect(volume)
                    path = volume["spec"]["nfs"]["path"]
                case _:
                    continue
            if conflict:
                return refuse_for_now(about, PlaceTaken(path, conflict))
        return actions

    def _reserve(self, about: ObjectReference, storage_class: Json, segments: Segments) -> str | None:
        shared = read_parameters(storage_class, self._around.view.rules.policy).shared
        return self._around.view.reserve(about, self._export.name, segments, shared=shared)
