"""One review from bytes to bytes: whatever happens, the answer has the review's uid."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kube.errors import Unreachable
from policy.profiles import NamespaceSettings
from policy.shapes import Json
from webhook.admission import Admission, Reviewed
from webhook.answers import FailurePolicy
from webhook.cluster import StillCluster
from webhook.errors import ClusterUnknown, RequestRefused
from webhook.reviews import Side

from .objects import claim, nfs, pod, review, volume, whole_claim

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


class BrokenCluster(StillCluster):
    """A cluster that raises `error` when it is asked about a namespace."""

    error: Exception

    def settings(self, namespace: str, *, selected: bool = False) -> NamespaceSettings | None:  # noqa: ARG002
        raise self.error


@pytest.fixture
def broken(cluster: StillCluster) -> Callable[[Exception], StillCluster]:
    def build(error: Exception) -> StillCluster:
        view = BrokenCluster(cluster.policy)
        object.__setattr__(view, "error", error)
        return view

    return build


def respond(view: StillCluster, body: bytes, side: Side = "mutate", **options: Any) -> Json:
    answered = json.loads(Admission(view, **options).respond(side, body))
    assert answered["apiVersion"] == "admission.k8s.io/v1"
    assert answered["kind"] == "AdmissionReview"
    response: Json = answered["response"]
    assert response["uid"] == UID
    return response


def test_a_review_is_answered_with_its_uid_and_a_patch(cluster: StillCluster) -> None:
    response = respond(cluster, review(whole_claim()))
    assert response["allowed"]
    assert response["patchType"] == "JSONPatch"


def test_a_dry_run_is_answered_like_any_other(cluster: StillCluster) -> None:
    assert respond(cluster, review(claim(), dryRun=True)) == respond(cluster, review(claim()))


BUG = RuntimeError("secret text of a bug")
SLOW = Unreachable("GET /api/v1/namespaces/team-a", "10.0.0.1:443", TimeoutError("timed out"))
UNKNOWN = ClusterUnknown("nothing seen yet")


@pytest.mark.parametrize(
    ("error", "code"), [(BUG, 500), (SLOW, 504), (UNKNOWN, 503)], ids=["a bug", "an API call timed out", "not synced"]
)
def test_a_claim_that_cannot_be_reviewed_is_refused(
    broken: Callable[[Exception], StillCluster], error: Exception, code: int
) -> None:
    response = respond(broken(error), review(claim()))
    assert not response["allowed"]
    assert response["status"]["code"] == code
    assert "PersistentVolumeClaim" in response["status"]["message"]


@pytest.mark.parametrize("obj", [pod(nfs()), volume()], ids=["Pod", "volume"])
@pytest.mark.parametrize("error", [BUG, SLOW, UNKNOWN], ids=["a bug", "an API call timed out", "not synced"])
def test_pods_and_volumes_are_never_held_up(
    broken: Callable[[Exception], StillCluster], obj: Json, error: Exception
) -> None:
    response = respond(broken(error), review(obj))
    assert response["allowed"]
    assert "patch" not in response
    assert len(response["warnings"]) == 1


@pytest.mark.parametrize(("policy", "allowed"), [("Fail", False), ("Ignore", True)])
def test_the_refusing_side_fails_as_it_was_told(
    broken: Callable[[Exception], StillCluster], policy: FailurePolicy, allowed: bool
) -> None:
    response = respond(broken(BUG), review(pod(nfs())), "validate", validate_failure=policy)
    assert response["allowed"] is allowed


def test_a_bug_is_told_by_its_kind_and_logged_once_with_its_text(
    broken: Callable[[Exception], StillCluster], caplog: pytest.LogCaptureFixture
) -> None:
    message = respond(broken(BUG), review(claim()))["status"]["message"]
    assert "RuntimeError" in message
    assert "secret" not in message
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info
    assert record.exc_info[1] is BUG


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"object": None}, id="no object"),
        pytest.param({"object": "x"}, id="an object that is none"),
        pytest.param({"object": {"metadata": {"labels": {"a": 1}}}}, id="an object of a wrong shape"),
        pytest.param({"namespace": 7}, id="a namespace that is no text"),
    ],
)
def test_a_claims_request_of_a_wrong_shape_is_refused_as_bad(cluster: StillCluster, fields: dict[str, Any]) -> None:
    response = respond(cluster, review(claim(), **fields))
    assert response["status"]["code"] == 400
    assert response["status"]["reason"] == "BadRequest"


@pytest.mark.parametrize("kind", [None, 1, {}, {"kind": 1}, {"kind": ["Pod"]}], ids=repr)
def test_a_kind_that_cannot_be_read_is_answered(cluster: StillCluster, kind: Any) -> None:
    body = json.loads(review(claim()))
    body["request"]["kind"] = kind
    assert respond(cluster, json.dumps(body).encode())["allowed"]


def test_who_watches_hears_of_every_review(cluster: StillCluster) -> None:
    seen: list[Reviewed] = []
    respond(cluster, review(claim()), observers=[seen.append])
    [reviewed] = seen
    assert (reviewed.side, reviewed.kind, reviewed.answer.outcome) == ("mutate", "PersistentVolumeClaim", "patched")
    assert reviewed.seconds > 0


def test_who_watches_cannot_spoil_the_answer(cluster: StillCluster) -> None:
    def raise_always(_reviewed: Reviewed) -> None:
        raise OSError("the disk is full")

    assert respond(cluster, review(claim()), observers=[raise_always])["allowed"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"{", "not JSON", id="cut off"),
        pytest.param(b"\xff\xfe", "not JSON", id="not UTF-8"),
        pytest.param(b'"\\ud800"', "not JSON", id="half a character"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep nesting, cut off"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "not JSON", id="deep nesting"),
        pytest.param(b"[]", "no AdmissionReview", id="a list"),
        pytest.param(b"null", "no AdmissionReview", id="null"),
        pytest.param(b'{"kind": "Pod", "apiVersion": "v1"}', "no AdmissionReview", id="another kind"),
        pytest.param(b'{"kind": "AdmissionReview"}', "admission.k8s.io/v1", id="no apiVersion"),
        pytest.param(
            b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1beta1", "request": {"uid": "x"}}',
            "admission.k8s.io/v1beta1",
            id="another apiVersion",
        ),
    ],
)
def test_a_body_without_a_review_is_refused(cluster: StillCluster, body: bytes, told: str) -> None:
    with pytest.raises(RequestRefused, match=told) as refused:
        Admission(cluster).respond("mutate", body)
    assert refused.value.status == 400


@pytest.mark.parametrize("request_", [None, [], "x", {}, {"uid": ""}, {"uid": 7}, {"uid": None}], ids=repr)
def test_a_review_without_a_uid_is_refused(cluster: StillCluster, request_: Any) -> None:
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request_}
    with pytest.raises(RequestRefused):
        Admission(cluster).respond("mutate", json.dumps(body).encode())


@pytest.mark.parametrize("length", [1_000, 1_000_000], ids=["long", "huge"])
@pytest.mark.parametrize("place", ["name", "path", "annotation"])
def test_long_texts_are_answered(cluster: StillCluster, length: int, place: str) -> None:
    text = "x" * length
    objects = {
        "name": pod(nfs(), meta={"name": text}),
        "path": pod(nfs(path=f"/nfs/data/{text}")),
        "annotation": whole_claim({"annotations": {"nfs-steward.io/mount-options": text}}),
    }
    response = respond(cluster, review(objects[place]))
    assert response["allowed"]
    assert all(len(warning) <= 256 for warning in response.get("warnings", []))


def test_nesting_as_deep_as_json_may_be_is_answered(cluster: StillCluster) -> None:
    deep: Any = {}
    for _ in range(900):
        deep = {"a": deep}
    obj = pod(nfs())
    obj["spec"]["deep"] = deep
    assert respond(replace(cluster), review(obj))["allowed"]
