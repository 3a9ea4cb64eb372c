"""Claims that are deleted while Pods write to them, beside other Pods that come and go; and what is left of one in its
archive, listed and given back where administrators do so: in the Pod of the export's controller.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from policy.paths import RESERVED
from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.product.chart import NAMESPACE
from testbed.waiting import wait_for
from tests.cluster.objects import pod

from .conftest import MakeNamespace
from .installed import DEPLOYMENTS, WITHIN
from .team import SOMEBODY, Team, claimed

pytestmark = [pytest.mark.cluster, pytest.mark.node]

ENDING: Final = ("delete", "archive")
"""What becomes of the data of the claims that are called so."""

WRITING: Final = """
n=0
while sleep 1; do
    n=$((n+1))
    for each in /mnt/v*; do echo $n >> $each/$(hostname) || exit 1; done
done
"""
"""Writes a number more to each volume every second, into a file that is called as the Pod is."""


@pytest.fixture(scope="module")
def people(bed: Testbed, make_team: MakeNamespace) -> Team:
    """Of the one namespace of this module."""
    return Team(bed, make_team())


def writer(name: str, people: Team, *claims: str) -> Json:
    """A Pod that writes to these claims as somebody who is not root."""
    security = {"runAsUser": SOMEBODY, "runAsGroup": SOMEBODY}
    container = {"command": ["sh", "-c", WRITING]}
    return pod(name, people.namespace, *map(claimed, claims), container=container, securityContext=security)


def numbers(file: Path) -> list[int]:
    """What a Pod has written so far, as the server has it."""
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_written_on(*files: Path) -> None:
    """Return when a number more is in each of the files."""
    before = {file: len(numbers(file)) for file in files}
    wait_for("more to be written", lambda: all(len(numbers(file)) > before[file] for file in files), WITHIN)


@pytest.fixture(scope="module")
def deleted(bed: Testbed, people: Team, classes: dict[str, str]) -> dict[str, Path]:
    """The directories of two claims that are being deleted while their last Pod writes; others' Pods come and go."""
    there, root = f"--namespace={people.namespace}", bed.export.root / people.namespace
    for name in (*ENDING, "other"):
        people.claim(name, classes.get(name, classes["delete"]))
    writers = [writer(name, people, *ENDING) for name in ("first", "last")]
    bed.kubectl.create(*writers, writer("beside", people, "other"))
    directories = {each: root / each for each in ENDING}
    files = [root / each / name for each in ENDING for name in ("first", "last")]
    wait_written_on(*files, root / "other" / "beside")

    bed.kubectl("delete", "pvc", *ENDING, there, "--wait=false")
    bed.kubectl("delete", "pod", "first", there, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)
    return directories


def test_a_deleted_claim_stays_for_its_last_pod_and_disturbs_nobody_else(
    bed: Testbed, people: Team, deleted: dict[str, Path]
) -> None:
    assert int(people.run("passing", "tail -n 1 /mnt/v0/beside", claimed("other"))) > 0

    wait_written_on(*(directory / "last" for directory in deleted.values()))
    for each in ENDING:
        assert text(people.get("pvc", each), "metadata", "deletionTimestamp")
        assert text(people.volume_of(each), "status", "phase") == "Bound"


def test_when_the_last_pod_goes_its_data_ends_as_its_class_says_and_other_pods_write_on(
    bed: Testbed, people: Team, deleted: dict[str, Path]
) -> None:
    there, root = f"--namespace={people.namespace}", bed.export.root
    volumes = [str(text(people.volume_of(each), "metadata", "name")) for each in ENDING]
    bed.kubectl("delete", "pod", "last", there, f"--timeout={WITHIN:.0f}s", timeout=WITHIN)
    gone = ("get", "pv", *volumes, "--ignore-not-found", "-o=name")
    wait_for("the volumes to be gone", lambda: not bed.kubectl(*gone), WITHIN)

    assert not any(directory.exists() for directory in deleted.values())
    (archive,) = root.glob(f"{RESERVED}/archives/{people.namespace}_*/data")
    for name in ("first", "last"):
        written = numbers(archive / name)
        assert written == list(range(1, len(written) + 1)), "all of it"
        assert written

    wait_written_on(root / people.namespace / "other" / "beside")
    (container,) = people.get("pod", "beside")["status"]["containerStatuses"]
    assert container["restartCount"] == 0


def archive_command(bed: Testbed, *arguments: str) -> Any:
    """What `nfs-steward archive` says in the Pod of the export's controller."""
    inside = ("exec", f"--namespace={NAMESPACE}", f"deploy/{DEPLOYMENTS['export']}", "--")
    return json.loads(bed.kubectl(*inside, "nfs-steward", "archive", *arguments, "-o", "json", timeout=WITHIN))


def test_the_archive_is_listed_and_given_back_in_the_pod_of_the_export_s_controller(
    bed: Testbed, people: Team, classes: dict[str, str]
) -> None:
    (archived,) = (each for each in archive_command(bed, "list") if each["namespace"] == people.namespace)
    assert (archived["claim"], archived["directory"]) == ("archive", f"{people.namespace}/archive")

    people.claim("again", classes["archive"])
    archive_command(bed, "restore", archived["name"], f"--to={people.namespace}/again")

    assert int(people.run("reader", "tail -n 1 /mnt/v0/last", claimed("again"))) > 0
    assert archived["name"] not in [each["name"] for each in archive_command(bed, "list")]
