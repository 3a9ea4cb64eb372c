"""`nfs-steward verify`, as `helm test` runs it: with the account, and in the namespace, that the chart makes for it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import command
from kube import resources
from testbed.product.chart import RELEASE
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .asked import Right
from .needs import run
from .world import World

NAMESPACE = f"{RELEASE}-test"


@pytest.fixture
def webhook_away(world: World) -> Iterator[None]:
    world.settle()
    world.programs["webhook"].process.kill()
    wait_for("claims to be refused", lambda: not world.fills_in(), WITHIN)
    yield
    world.start("webhook")
    world.settle()


def verify(world: World, *arguments: str, status: int) -> Any:
    """What it says, having ended as expected."""
    done = run(world, "test", "verify", f"--namespace={NAMESPACE}", "--timeout=0", "-o", "json", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_it_passes_where_claims_are_filled_in_and_leaves_nothing_behind(world: World) -> None:
    world.settle()
    told = verify(world, "--expect-class=nfs", "--timeout=60", status=0)  # on a busy machine one try may be too few
    assert told == {
        "filledIn": True,
        "message": f"A claim without a class in namespace {NAMESPACE} gets class 'nfs'.",
        "advice": "",
    }
    assert list(world.admin.list(resources.CLAIMS, NAMESPACE).items) == []


def test_it_names_the_class_that_was_filled_in_where_another_is_expected(world: World) -> None:
    world.settle()
    told = verify(world, "--expect-class=gold", status=1)
    assert told["message"] == "nfs-steward filled in class 'nfs', where gold was expected."


def test_it_says_when_no_webhook_answers(world: World, webhook_away: None) -> None:
    told = verify(world, status=1)
    assert told["message"].startswith("The API server cannot ask nfs-steward: ")
    assert told["advice"].startswith("No webhook is ready")


def test_it_says_when_it_may_not_create_claims(world: World) -> None:
    with world.grants.without(Right("test", "create", "persistentvolumeclaims")):
        told = verify(world, status=1)
    assert told["message"].startswith(f"No claim can be created in namespace {NAMESPACE}: ")
    assert "cannot create resource" in told["message"]


def test_it_says_when_nobody_is_asked_about_the_namespace(world: World) -> None:
    namespace = world.namespace(opted_in=False)
    arguments = ["verify", f"--namespace={namespace}", "--timeout=0", f"--kubeconfig={world.product.bed.kubeconfig}"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 1
    assert "without asking nfs-steward" in result.output
    assert f"Is namespace {namespace} labelled nfs-steward.io/inject=enabled" in result.output
