"""Directories of a Pod's inline volumes on one export, and the gates that come off once they are there."""

from controller.decisions import reasons
from controller.decisions.actions import Action, Actions, LiftGates, Outcomes, Tell, TryAgain
from controller.decisions.facts import ExportFacts
from controller.decisions.patches import gates_patch
from controller.decisions.subjects import pod_subject
from controller.decisions.wording import Refused, Wanted, may_still_come, tell_outcome, tell_refused
from controller.export.requests import MakeDirectory
from controller.observed.records import PodRecord, is_our_gate
from controller.rules import Rules
from policy.exports import Elsewhere, Location, Reaching, inline_path_allowed
from policy.gates import gates_to_lift
from policy.ownership import resolve
from policy.pods import InlineVolume
from policy.profiles import NamespaceSettings


def decide_pod(pod: PodRecord, facts: ExportFacts, outcomes: Outcomes) -> Actions:
    """What the export's duty does for a Pod, given what it has asked of the export so far.

    Directories come first; a gate comes off when each of them is there or refused for good, and stays while one may
    still come. A Pod that is not gated gets its directories all the same: the kubelet tries the mount again. Raises
    `GidUnknown` where the namespace has to be given a gid first.
    """
    settings = facts.settings
    if settings is None or pod.deleting or pod.left_alone or facts.export.name not in touched_exports(pod, facts.rules):
        return ()
    places = tuple(filter(None, (_place(volume, facts, settings) for volume in pod.volumes)))
    wanted = tuple(place for place in places if isinstance(place, Wanted))
    requests = {each: _request(each, facts) for each in wanted}
    missing = tuple(dict.fromkeys(request for request in requests.values() if request not in outcomes))
    if missing:
        return missing
    came_to = {each: outcomes[request] for each, request in requests.items()}
    about = pod_subject(pod)
    told: Actions = (
        *(tell_refused(about, place) for place in places if isinstance(place, Refused)),
        *(tell for each, outcome in came_to.items() for tell in tell_outcome(about, each, facts.export, outcome)),
    )
    waiting = [str(each) for each, outcome in came_to.items() if may_still_come(outcome)]
    if waiting:
        return (*told, TryAgain(", ".join(waiting)))
    return (*told, *_lift(pod, facts))


def _request(place: Wanted, facts: ExportFacts) -> MakeDirectory:
    return MakeDirectory(place.segments, resolve(facts.export.directories, None, facts.gid))


def touched_exports(pod: PodRecord, rules: Rules) -> frozenset[str]:
    """The names of the managed exports that the Pod's inline volumes lie on or could reach."""
    exports = (rules.export_of(volume.source) for volume in pod.volumes)
    return frozenset(export.name for export in exports if export)


def _place(volume: InlineVolume, facts: ExportFacts, settings: NamespaceSettings) -> Wanted | Refused | None:
    """The directory that an inline volume needs on our export; None: another's, or the root, which is there."""
    path, purpose = volume.source.path, f"for volume {volume.name!r}"
    location = facts.rules.exports.locate(volume.source.server, path)
    if isinstance(location, Elsewhere) or location.export.name != facts.export.name:
        return None
    objection = _objection(location, path, facts, settings)
    if objection:
        return Refused(path, purpose, objection)
    segments = () if isinstance(location, Reaching) else location.segments
    return Wanted(path, segments, purpose) if segments else None


def _objection(location: Location, path: str, facts: ExportFacts, settings: NamespaceSettings) -> str | None:
    """Why the directory must not be made for this namespace, or None."""
    if isinstance(location, Elsewhere):
        return None
    if isinstance(location, Reaching):
        return location.reason
    profile = settings.profile
    if profile.inline_volumes == "deny":
        return f"profile {profile.name} allows no inline volumes on managed exports"
    if not inline_path_allowed(profile.inline_paths, settings.namespace, path):
        allowed = ", ".join(profile.inline_paths)
        return f"profile {profile.name} allows inline volumes of namespace {settings.namespace} below {allowed} only"
    other = facts.occupied.provisioned_for_others(facts.export.name, location.segments, settings.namespace)
    return f"it belongs to volume {other.volume} of namespace {other.namespace}" if other else None


def _lift(pod: PodRecord, facts: ExportFacts) -> tuple[Action, ...]:
    gates = gates_to_lift(pod.gates, facts.export.name, touched_exports(pod, facts.rules))
    if not gates:
        return ()
    about = pod_subject(pod)
    message = f"Export {facts.export.name} holds this Pod back no longer."
    waiting = [gate for gate in pod.gates if is_our_gate(gate) and gate not in gates]
    if waiting:
        message += f" It still waits for {', '.join(waiting)}."
    return (
        LiftGates(about, gates_patch(pod.uid, pod.gates, gates)),
        Tell(about, "Normal", reasons.GATE_LIFTED, message),
    )
