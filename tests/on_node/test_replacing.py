"""Pods of ours that go: on purpose, and all of a sudden."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from kube import resources
from kube.client import Client
from kube.errors import ApiError
from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.product.chart import NAMESPACE, name_of
from testbed.product.release import Release
from tests.cluster.objects import claim

from .installed import DEPLOYMENTS, WITHIN, only_pod, wait_all_available
from .patience import patience
from .writing import mount_written_to

pytestmark = [pytest.mark.cluster, pytest.mark.node]

HERE = f"--namespace={NAMESPACE}"
PAUSE = 0.1
"""Seconds from one request to the next."""


@dataclass
class Asked:
    """What became of the requests so far."""

    answered: list[Json] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextmanager
def asking(client: Client, team: str) -> Iterator[Asked]:
    """Ask all the time for a claim, without making it."""
    asked, enough = Asked(), threading.Event()

    def ask() -> None:
        while not enough.wait(PAUSE):
            try:
                asked.answered.append(client.create(resources.CLAIMS, claim("asked", team), dry_run=True))
            except ApiError as problem:
                asked.refused.append(str(problem))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield asked
    finally:
        enough.set()
        thread.join()


def test_while_the_webhook_s_pod_is_replaced_every_claim_is_filled_in(
    bed: Testbed, release: Release, administrator: Client, team: str
) -> None:
    old = name_of(only_pod(release, "webhook"))
    with patience(bed), asking(administrator, team) as asked:
        bed.kubectl("rollout", "restart", f"deployment/{DEPLOYMENTS['webhook']}", HERE)
        wait_all_available(release)
        bed.kubectl("wait", "--for=delete", f"pod/{old}", HERE, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)
    assert not asked.refused, "\n".join(asked.refused)
    assert {text(each, "spec", "storageClassName") for each in asked.answered} == {"nfs"}
    assert name_of(only_pod(release, "webhook")) != old


@pytest.mark.parametrize("component", ["cluster", "export"])
def test_a_controller_whose_pod_is_deleted_comes_back(bed: Testbed, release: Release, component: str) -> None:
    old = name_of(only_pod(release, component))
    bed.kubectl("delete", "pod", old, HERE)
    wait_all_available(release)
    assert name_of(only_pod(release, component)) != old


def test_what_came_back_does_its_work(bed: Testbed, team: str) -> None:
    bed.kubectl.create(claim("data", team))
    mount_written_to(bed, team, {"persistentVolumeClaim": {"claimName": "data"}})
