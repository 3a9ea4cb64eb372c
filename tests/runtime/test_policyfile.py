import logging
import threading

import pytest

from policy.errors import PolicyInvalid
from runtime.policyfile import Loads, PolicyFile
from tests.waiting import WITHIN

POLICY = """
exports:
- {{server: {server}, path: /nfs/data}}
profiles:
- name: default
"""


def policy(server):
    return POLICY.format(server=server)


@pytest.fixture
def path(tmp_path):
    """A policy file as the kubelet lays out a ConfigMap: a link to a link to the directory of the moment."""
    swap(tmp_path, policy("10.0.0.1"))
    (tmp_path / "policy.yaml").symlink_to("..data/policy.yaml")
    return tmp_path / "policy.yaml"


def swap(mount, content):
    """Put a new version in place as the kubelet does: a new directory, then the link to it renamed over the old."""
    directory = mount / f"..{len(list(mount.iterdir()))}"
    directory.mkdir()
    (directory / "policy.yaml").write_text(content)
    (mount / "..tmp").symlink_to(directory.name)
    (mount / "..tmp").rename(mount / "..data")


def server(policy_file):
    return policy_file.current.exports[0].server


def test_the_policy_is_there_from_the_start(path):
    policy_file = PolicyFile(path)
    assert server(policy_file) == "10.0.0.1"
    assert policy_file.loads == Loads()


@pytest.mark.parametrize("content", [None, b"exports: 7", b"\xff"])
def test_without_a_valid_policy_at_first_there_is_none_at_all(tmp_path, content):
    path = tmp_path / "policy.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PolicyInvalid, match=str(path)):
        PolicyFile(path)


def test_a_swapped_configmap_is_taken_over(path, tmp_path):
    policy_file = PolicyFile(path)
    swap(tmp_path, policy("10.0.0.2"))
    policy_file.look()
    assert server(policy_file) == "10.0.0.2"
    assert policy_file.loads == Loads(accepted=1)


def test_the_listeners_hear_of_a_new_policy_and_one_that_raises_stops_nobody(path, tmp_path):
    policy_file = PolicyFile(path)
    heard = []
    policy_file.on_change(lambda _policy: 1 / 0)
    policy_file.on_change(lambda policy: heard.append((policy, policy_file.current)))
    policy_file.look()
    assert heard == []
    swap(tmp_path, policy("10.0.0.2"))
    policy_file.look()
    assert heard == [(policy_file.current, policy_file.current)]


def test_a_swap_that_changes_nothing_is_no_change(path, tmp_path):
    policy_file = PolicyFile(path)
    swap(tmp_path, policy("10.0.0.1"))
    policy_file.look()
    assert policy_file.loads == Loads()


def test_a_bad_policy_is_refused_once_and_the_last_good_one_stays(path, tmp_path, caplog):
    policy_file = PolicyFile(path)
    swap(tmp_path, "exports: []\nsurprise: 1\n")
    with caplog.at_level(logging.ERROR):
        policy_file.look()
        policy_file.look()
    assert server(policy_file) == "10.0.0.1"
    assert policy_file.loads == Loads(refused=1)
    assert "surprise" in str(policy_file.problem)
    assert len(caplog.records) == 1


def test_a_good_policy_after_a_bad_one_ends_the_problem(path, tmp_path):
    policy_file = PolicyFile(path)
    swap(tmp_path, "nonsense")
    policy_file.look()
    swap(tmp_path, policy("10.0.0.1"))
    policy_file.look()
    assert policy_file.problem is None
    assert policy_file.loads == Loads(accepted=1, refused=1)


def test_a_file_that_is_away_for_a_while_is_a_problem_for_that_while(path, tmp_path):
    policy_file = PolicyFile(path)
    (tmp_path / "..data").rename(tmp_path / "aside")
    policy_file.look()
    policy_file.look()
    assert "cannot be read" in str(policy_file.problem)
    assert policy_file.loads == Loads(refused=1)
    (tmp_path / "aside").rename(tmp_path / "..data")
    policy_file.look()
    assert policy_file.problem is None
    assert server(policy_file) == "10.0.0.1"


def test_once_started_it_finds_changes_by_itself(path, tmp_path):
    policy_file = PolicyFile(path)
    changed = threading.Event()
    policy_file.on_change(lambda _policy: changed.set())
    policy_file.start(interval=0.01)
    swap(tmp_path, policy("10.0.0.2"))
    assert changed.wait(WITHIN)
    policy_file.stop()
    assert server(policy_file) == "10.0.0.2"


def test_it_can_be_stopped_without_having_been_started(path):
    PolicyFile(path).stop()
