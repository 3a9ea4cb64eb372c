"""What an API server's answer says about whether nfs-steward works, and what to look at where it does not."""

import pytest

from controller.doctor.trial import FilledIn, Never, NotYet, Trial, looked_at, refused
from kube.errors import error_of
from policy import keys
from policy.shapes import Json

TRIAL = Trial("team", "nfs", "nfs-steward")


def claim(storage_class: str | None, filled: str | None = "spec.storageClassName") -> Json:
    return {
        "metadata": {"annotations": {keys.FILLED: filled} if filled else {}},
        "spec": {"storageClassName": storage_class} if storage_class else {},
    }


def test_a_claim_that_gets_the_expected_class_is_what_is_wanted() -> None:
    verdict = looked_at(claim("nfs"), TRIAL)
    assert isinstance(verdict, FilledIn)
    assert "'nfs'" in verdict.message


def test_without_an_expectation_any_class_will_do() -> None:
    assert isinstance(looked_at(claim("other"), Trial("team", None, "nfs-steward")), FilledIn)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param(claim(None, filled=None), "with no class, and without asking", id="nobody was asked"),
        pytest.param(claim("nfs", filled=None), "with class 'nfs', and without", id="somebody else filled it in"),
        pytest.param(claim("other"), "filled in class 'other', where nfs was expected", id="another class"),
        pytest.param(claim(None, filled="spec.accessModes"), "with no class", id="something else was filled in"),
    ],
)
def test_a_claim_that_is_not_filled_in_as_expected_may_be_so_soon(seen: Json, told: str) -> None:
    verdict = looked_at(seen, TRIAL)
    assert isinstance(verdict, NotYet)
    assert told in verdict.message
    assert "kubectl get" in verdict.advice


UNCALLED = 'Internal error occurred: failed calling webhook "claims.nfs-steward.io": failed to call webhook: '


@pytest.mark.parametrize(
    ("status", "message", "advised"),
    [
        pytest.param(500, "tls: failed to verify: x509: unknown authority", "caBundle", id="it is not trusted"),
        pytest.param(500, 'no endpoints available for service "x"', "No webhook is ready", id="no Pod is ready"),
        pytest.param(
            500, "dial tcp 10.0.0.1:443: connect: connection refused", "No webhook is ready", id="none listens"
        ),
        pytest.param(500, 'service "x" not found', "No webhook is ready", id="there is no Service"),
        pytest.param(500, "context deadline exceeded", "firewall", id="no answer comes"),
        pytest.param(500, "EOF", "webhook's log", id="something else"),
    ],
)
def test_a_webhook_that_cannot_be_asked_may_be_so_soon(status: int, message: str, advised: str) -> None:
    verdict = refused(error_of("POST /x", status, {"message": UNCALLED + message, "code": status}), TRIAL)
    assert isinstance(verdict, NotYet)
    assert message in verdict.message
    assert advised in verdict.advice


@pytest.mark.parametrize(
    ("status", "told"),
    [
        pytest.param(404, "no namespace team", id="no namespace"),
        pytest.param(403, "No claim can be created in namespace team: why", id="no right, or no room"),
        pytest.param(422, "does not take the claim: why", id="a claim that is not valid"),
    ],
)
def test_what_does_not_pass_by_itself_is_not_waited_for(status: int, told: str) -> None:
    verdict = refused(error_of("POST /x", status, {"message": "why", "code": status}), TRIAL)
    assert isinstance(verdict, Never)
    assert told in verdict.message
    assert verdict.advice


def test_a_server_that_fails_may_recover() -> None:
    assert isinstance(refused(error_of("POST /x", 503, {}), TRIAL), NotYet)
