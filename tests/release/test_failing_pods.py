"""Pods that die and Pods that hang: the others go on, and what has failed is started again."""

import signal

from policy.shapes import Json, sequence, text
from testbed.pods.status import is_ready
from testbed.waiting import wait_for
from tests.cluster.installation import INERT
from tests.waiting import WITHIN

from .load import load_on, restarts
from .site import Site

HANGING_NOTICED_WITHIN = 300.0
"""Six questions, one every ten seconds, each with five seconds to answer; then what the Pod has to end, and to start
beside other work of the machine: twice as much as all that.
"""


def signal_pod(site: Site, pod: Json, number: int) -> None:
    """Signal all processes of a Pod."""
    for container in pod["spec"]["containers"]:
        site.node.signal(str(text(pod, "metadata", "uid")), container["name"], number)


def restarted(site: Site, component: str, pod: Json) -> bool:
    """Whether a Pod has been restarted since it was as `pod` says, and is ready again."""
    now = [each for each in site.release.pods(component) if each["metadata"]["uid"] == pod["metadata"]["uid"]]
    return bool(now) and restarts(now[0]) != restarts(pod) and is_ready(now[0])


def test_a_webhook_that_is_killed_is_back_in_seconds_and_the_other_goes_on(site: Site, inert_team: str) -> None:
    victim = site.release.pods("webhook")[0]
    with load_on(site.bed, inert_team, INERT) as load:
        signal_pod(site, victim, signal.SIGKILL)
        wait_for("it to be back", lambda: restarted(site, "webhook", victim), WITHIN)
        load.wait_for_more()
        lost = len(load.failures)
        load.wait_for_more(50)
        # Whoever was being answered by it when it died was lost, and those that came before that was noticed.
        assert len(load.failures) == lost
    ended = sequence(restarted_pod(site, victim), "status", "containerStatuses")[0]["lastState"]["terminated"]
    assert ended["exitCode"] == 128 + signal.SIGKILL


def restarted_pod(site: Site, pod: Json) -> Json:
    """A Pod as it is now."""
    found: Json = site.release.get("pod", pod["metadata"]["name"])
    return found


def test_a_controller_that_hangs_is_restarted(site: Site) -> None:
    victim = site.release.pods("cluster")[0]
    signal_pod(site, victim, signal.SIGSTOP)
    wait_for("it to be restarted", lambda: restarted(site, "cluster", victim), HANGING_NOTICED_WITHIN)
