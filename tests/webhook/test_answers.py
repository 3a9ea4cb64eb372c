"""From decisions to answers on the wire."""

import json
from base64 import b64decode

import pytest

from policy.shapes import Json
from webhook.answers import FailurePolicy, answer, failure, limited_warnings
from webhook.cluster import StillCluster
from webhook.decision import Decision, Denied, Kept, Postponed, untouched

from .asking import decide
from .objects import claim, ephemeral, nfs, pod, whole_claim


def test_an_allowed_object_is_allowed_and_nothing_more() -> None:
    given = answer("u1", {}, Decision())
    assert given.response == {"uid": "u1", "allowed": True, "auditAnnotations": {}}
    assert given.outcome == "allowed"


def test_why_nothing_was_done_goes_into_the_audit_log() -> None:
    assert answer("u1", {}, untouched("no reason")).response["auditAnnotations"] == {"kept": "no reason"}
    kept = Decision(kept=(Kept("spec.a", "so"), Kept("spec.b", "thus")))
    assert answer("u1", {}, kept).response["auditAnnotations"] == {"kept": "spec.a: so; spec.b: thus"}


def test_a_patch_is_base64_of_a_json_patch(cluster: StillCluster) -> None:
    obj = whole_claim()
    given = answer("u1", obj, decide(cluster, obj))
    assert given.outcome == "patched"
    assert given.response["patchType"] == "JSONPatch"
    assert {"op": "add", "path": "/spec/storageClassName", "value": "nfs"} in json.loads(
        b64decode(given.response["patch"])
    )


@pytest.mark.parametrize(
    ("obj", "told"),
    [
        pytest.param(claim(), "spec.storageClassName: profile default; ", id="a claim"),
        pytest.param(pod(ephemeral()), "spec.volumes[v0].ephemeral.volumeClaimTemplate.spec.storage", id="a template"),
        pytest.param(pod(nfs()), "spec.schedulingGates: ", id="a Pod"),
    ],
)
def test_what_was_filled_in_and_why_goes_into_the_audit_log(cluster: StillCluster, obj: Json, told: str) -> None:
    assert told in answer("u1", obj, decide(cluster, obj)).response["auditAnnotations"]["filled"]


def test_a_denied_object_is_denied_with_every_reason() -> None:
    given = answer("u1", {}, Decision(denials=(Denied("a", "first"), Denied("b", "second")), warnings=("w",)))
    assert given.outcome == "denied"
    assert not given.response["allowed"]
    assert given.response["status"] == {"code": 403, "reason": "Forbidden", "message": "first; second"}
    assert given.response["warnings"] == ["w"]


def test_what_is_put_off_is_to_come_again_unless_it_is_refused_anyway() -> None:
    later = (Postponed("a", "not yet"), Postponed("b", "nor that"))
    given = answer("u1", {}, Decision(postponements=later, warnings=("w",)))
    assert given.outcome == "postponed"
    assert given.response["status"] == {
        "code": 429,
        "reason": "TooManyRequests",
        "message": "not yet; nor that",
        "details": {"retryAfterSeconds": 1},
    }
    assert given.response["warnings"] == ["w"]
    assert answer("u1", {}, Decision(denials=(Denied("c", "no"),), postponements=later)).outcome == "denied"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(400, "BadRequest"), (500, "InternalError"), (503, "ServiceUnavailable"), (504, "Timeout")],
)
def test_a_failure_under_fail_is_a_refusal_with_its_code(code: int, reason: str) -> None:
    given = failure("u1", "so", code, "Fail")
    assert given.outcome == "failed"
    assert given.response == {
        "uid": "u1",
        "allowed": False,
        "status": {"code": code, "reason": reason, "message": "so"},
    }


def test_a_failure_under_ignore_is_a_warning() -> None:
    given = failure("u1", "so", 500, "Ignore")
    assert given.outcome == "failed"
    assert given.response == {"uid": "u1", "allowed": True, "warnings": ["so"]}


@pytest.mark.parametrize(
    ("texts", "limited"),
    [
        pytest.param(["a", "b"], ["a", "b"], id="short ones"),
        pytest.param(["x" * 256], ["x" * 256], id="the longest"),
        pytest.param(["x" * 257], ["x" * 255 + "…"], id="one too long"),
        pytest.param(["a\nb\x00\x7fc"], ["a b c"], id="what cannot stand in a header"),
    ],
)
def test_warnings_keep_to_what_the_api_server_passes_on(texts: list[str], limited: list[str]) -> None:
    assert limited_warnings(texts) == limited


def test_all_warnings_together_keep_to_their_limit() -> None:
    assert sum(map(len, limited_warnings(f"{index}{'x' * 500}" for index in range(100)))) <= 4096


@pytest.mark.parametrize("policy", ["Fail", "Ignore"])
def test_an_answer_is_never_without_its_uid(policy: FailurePolicy) -> None:
    assert failure("u1", "x", 500, policy).response["uid"] == "u1"
