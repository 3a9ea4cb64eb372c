"""The webhook's answer to each object, found by its own code: first the mutating side, then the refusing one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import jsonpatch

from cli.explaining.apiserver import as_received
from cli.explaining.asides import asides, profile_note
from cli.explaining.directories import Outlook, Outlooks, outlook_reasons
from cli.explaining.errors import reading
from cli.explaining.submissions import Submission, submissions_after
from cli.explaining.surroundings import Surroundings
from cli.explaining.wording import Reason, reasons_for
from policy.shapes import Json, text
from webhook.decision import Decision
from webhook.patch import patch_for
from webhook.reviews import Side, evaluate
from webhook.wire import PatchOperation


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one object. `patch` applies to the object as it was given; `message` is empty where allowed;
    `outlook` is the directory that a claim would get, None where the input does not tell.
    """

    submission: Submission
    message: str
    patch: Sequence[PatchOperation]
    warnings: tuple[str, ...]
    reasons: tuple[Reason, ...]
    outlook: Outlook | None = None

    @property
    def allowed(self) -> bool:
        """Whether the object comes to be, as far as templates, profiles and policy are concerned."""
        return not self.message


def verdicts_on(submissions: Iterable[Submission], known: Surroundings) -> Iterator[Verdict]:
    """Yield a verdict on each object, and after an admitted Pod's on each claim made for its ephemeral volumes.

    Raises `ManifestUnreadable` for an object that the webhook could not read either.
    """
    return _verdicts(submissions, known, Outlooks(known))


def _verdicts(submissions: Iterable[Submission], known: Surroundings, outlooks: Outlooks) -> Iterator[Verdict]:
    for submission in submissions:
        if submission.refused:
            yield Verdict(submission, submission.refused, (), (), (Reason("refused", "", submission.refused),))
            continue
        with reading(submission.place):
            verdict = _verdict(submission, known, outlooks)
            yield verdict
            if submission.kind == "Pod" and verdict.allowed:
                admitted: Json = jsonpatch.apply_patch(submission.obj, verdict.patch)
                yield from _verdicts(submissions_after(submission, admitted), known, outlooks)


def _verdict(submission: Submission, known: Surroundings, outlooks: Outlooks) -> Verdict:
    received = as_received(submission.obj, known.cluster.default_class())
    filling = _evaluate(received, submission, known, "mutate")
    filled: Json = jsonpatch.apply_patch(received, patch_for(received, filling))
    refusing = _evaluate(filled, submission, known, "validate")
    outlook = outlooks.of(submission, filled)
    return Verdict(
        submission=submission,
        message="; ".join(denial.message for denial in (*filling.denials, *refusing.denials)),
        patch=patch_for(submission.obj, filling),
        warnings=tuple(dict.fromkeys((*filling.warnings, *refusing.warnings))),
        reasons=(
            *profile_note(submission, known),
            *reasons_for(filling),
            *(reason for reason in reasons_for(refusing) if reason.what == "refused"),
            *outlook_reasons(outlook),
            *asides(submission, filling, filled, known),
        ),
        outlook=outlook,
    )


def _evaluate(obj: Json, submission: Submission, known: Surroundings, side: Side) -> Decision:
    request = {
        "uid": str(submission.place),
        "kind": {"group": "", "version": "v1", "kind": submission.kind},
        "operation": "CREATE",
        "name": text(obj, "metadata", "name") or "",
        "namespace": submission.namespace,
        "object": obj,
    }
    return evaluate(request, known.cluster, side)
