import ssl

import pytest

from kube.credentials import TokenFile, in_cluster, trust
from kube.errors import CredentialsInvalid


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def token_path(tmp_path):
    path = tmp_path / "token"
    path.write_text("first\n")
    return path


def test_a_token_is_read_again_after_a_minute_and_not_before(token_path, clock):
    token = TokenFile(token_path, clock)
    token_path.write_text("second")
    clock.now = 59
    assert token() == "Bearer first"
    clock.now = 61
    assert token() == "Bearer second"


@pytest.mark.parametrize("content", [None, "", " \n", "é"])
def test_the_last_token_stays_while_the_file_cannot_be_used(token_path, clock, content):
    token = TokenFile(token_path, clock)
    token_path.unlink()
    if content is not None:
        token_path.write_text(content)
    clock.now = 61
    assert token() == "Bearer first"
    token_path.write_text("second")
    clock.now = 122
    assert token() == "Bearer second"


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_token_that_was_never_there_is_an_error_that_names_the_file(tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialsInvalid, match=str(path)):
        TokenFile(path)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, id="no port"),
        pytest.param({"KUBERNETES_SERVICE_HOST": "", "KUBERNETES_SERVICE_PORT": "443"}, id="an empty host"),
    ],
)
def test_outside_a_pod_the_error_says_what_to_give(environment):
    with pytest.raises(CredentialsInvalid, match="--kubeconfig"):
        in_cluster(environment)


def test_a_file_that_holds_no_certificate_cannot_be_trusted(tmp_path):
    path = tmp_path / "ca.crt"
    path.write_text("not a certificate")
    with pytest.raises(CredentialsInvalid, match=str(path)):
        trust(path)
    with pytest.raises(CredentialsInvalid, match="absent"):
        trust(tmp_path / "absent")


def test_verification_is_on_unless_the_kubeconfig_turns_it_off():
    assert trust(None).verify_mode is ssl.CERT_REQUIRED
    assert trust(None).check_hostname
    assert trust(None, verify=False).verify_mode is ssl.CERT_NONE
