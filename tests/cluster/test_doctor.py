"""`nfs-steward doctor` on a real cluster: what is broken on purpose is told, and what is well is not."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from click.testing import CliRunner

from certs.issuing import issue_into
from certs.names import ServingNames
from cli.main import command
from kube import resources
from kube.client import Client
from policy import keys
from policy.paths import RESERVED
from policy.shapes import Json
from testbed.bed import Testbed
from testbed.product.chart import NAMESPACE
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import MAIN, WEBHOOK, Installation
from .objects import nfs, phase, volume, whole_claim

LEASE = f"Lease {NAMESPACE}/nfs-steward-"


OF_THE_INSTALLATION = ("webhook", "certificate", "authority", "policy", "second", "api", "export", "root", "area")
"""What the names of checks begin with that are about no object which a test could have left."""


@dataclass(frozen=True)
class Told:
    """What doctor said."""

    findings: list[dict[str, str]]
    unseen: dict[str, str]
    exit_code: int

    def of(self, check: str, about: str = "") -> list[str]:
        """What a check found about things whose name holds `about`: all texts of each finding."""
        return [
            f"{each['where']}: {each['what']} {each['mend']}"
            for each in self.findings
            if each["check"] == check and names(each, about)
        ]

    def about(self, name: str) -> list[dict[str, str]]:
        """All that was found about things whose name holds `name`."""
        return [each for each in self.findings if names(each, name)]


Ask: TypeAlias = Callable[..., Told]


def names(finding: dict[str, str], name: str) -> bool:
    """Whether a finding is about this name, and not about one that only begins with it, such as test-12 for test-1."""
    return re.search(rf"{re.escape(name)}(?![0-9])", finding["where"] + finding["what"]) is not None


@pytest.fixture
def doctor(testbed: Testbed, installation: Installation, tmp_path: Path) -> Ask:
    """Runs doctor as the administrator, where the export `main` is mounted; it sees a good export table."""
    table = tmp_path / "exports"
    table.write_text("/srv 192.168.20.0/24(rw)\n")

    def ask(*options: str) -> Told:
        where = [
            f"--kubeconfig={testbed.kubeconfig}",
            f"--export=main={testbed.export.root}",
            f"--exports-file={table}",
        ]
        arguments = ["doctor", *where, "-o", "json"]
        result = CliRunner().invoke(command, [*arguments, *options], catch_exceptions=False)
        report: dict[str, Any] = json.loads(result.stdout)
        return Told(report["findings"], {each["what"]: each["why"] for each in report["unseen"]}, result.exit_code)

    return ask


def test_what_is_well_is_not_told(
    doctor: Ask, client: Client, team: str, serving_secret: str, installation: Installation
) -> None:
    client.create(resources.CLAIMS, whole_claim("a", team))
    wait_for("it to be bound", lambda: phase(client.get(resources.CLAIMS, "a", team)) == "Bound", WITHIN)
    told = doctor(f"--certificate-secret={serving_secret}")
    bound = client.get(resources.CLAIMS, "a", team)["spec"]["volumeName"]
    assert told.about(team) + told.about(bound) == []
    # Other exports' controllers run in some tests only.
    unheld = {each["where"] for each in told.findings if each["check"] == "lease-unheld"}
    assert unheld.isdisjoint({f"{LEASE}cluster", f"{LEASE}export-main"})
    assert [each for each in told.findings if each["check"].startswith(OF_THE_INSTALLATION)] == []
    charts = [f"class {each['name']}" for each in installation.product.values["storageClasses"]]
    of_classes = [each for each in told.findings if each["where"] in charts and each["level"] != "note"]
    # No profile names most of these classes, and quotas of other tests' namespaces leave them open.
    assert [each for each in of_classes if each["check"] != "class-not-limited"] == []


def test_nothing_is_left_behind_on_an_export_without_our_area_and_on_one_with_it(doctor: Ask, tmp_path: Path) -> None:
    """Their controllers do not run: one that does makes folders there when it needs them."""
    without, with_area = tmp_path / "slow", tmp_path / "dead"
    for folder in (without, with_area, with_area / RESERVED, with_area / RESERVED / "aside"):
        folder.mkdir(mode=0o700)
    told = doctor(f"--export=slow={without}", f"--export=dead={with_area}")
    assert not told.of("export-not-writable")
    assert list(without.rglob("*")) == []
    assert {path.name for path in with_area.rglob("*")} == {RESERVED, "aside"}


@pytest.fixture
def serving_secret(client: Client, installation: Installation) -> Iterator[str]:
    """A Secret with the certificate that the webhook serves."""
    yield from secret(client, "doctor-serving", installation.product.tls_folder)


@pytest.fixture
def foreign_secret(client: Client, tmp_path: Path, installation: Installation) -> Iterator[str]:
    """A Secret with another certificate than the one that the webhook serves."""
    names = ServingNames.parse([f"nfs-steward-webhook.{NAMESPACE}.svc"], [])
    issue_into(tmp_path, names, timedelta(days=1), lambda: datetime.now(UTC))
    yield from secret(client, "doctor-foreign", tmp_path)


def secret(client: Client, name: str, folder: Path) -> Iterator[str]:
    files = ("ca.crt", "tls.crt", "tls.key")
    data = {file: base64.b64encode((folder / file).read_bytes()).decode() for file in files}
    metadata = {"name": name, "namespace": NAMESPACE}
    client.create(resources.SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    yield name
    client.delete(resources.SECRETS, name, NAMESPACE)


def test_a_certificate_that_the_api_server_does_not_trust_is_told(doctor: Ask, foreign_secret: str) -> None:
    told = doctor(f"--certificate-secret={foreign_secret}")
    findings = told.of("certificate-untrusted")
    assert [foreign_secret in finding for finding in findings] == [True, True]  # to fill in, and to refuse
    assert told.exit_code == 1


@pytest.fixture
def wrong_classes(client: Client) -> Iterator[None]:
    """A class that names an export that is not there, and one with a parameter that nobody understands."""
    parameters = {"doctor-export": {"export": "gone"}, "doctor-parameters": {"export": "main", "modus": "0770"}}
    for name, given in parameters.items():
        metadata = {"name": name}
        kind = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
        client.create(
            resources.STORAGE_CLASSES,
            {**kind, "metadata": metadata, "provisioner": keys.PROVISIONER, "parameters": given},
        )
    yield
    for name in parameters:
        client.delete(resources.STORAGE_CLASSES, name)


def test_what_was_broken_on_purpose_is_told(
    doctor: Ask,
    client: Client,
    make_team: MakeNamespace,
    make_namespace: MakeNamespace,
    export_root: Path,
    wrong_classes: None,
) -> None:
    team, strangers = make_team(labels={keys.QUOTA: "lots"}), make_namespace()
    client.create(resources.CLAIMS, whole_claim("no-such-class", team, storageClassName=f"{team}-gone"))
    client.create(
        resources.CLAIMS, whole_claim("selecting", team, storageClassName="nfs", selector={"matchLabels": {"a": "b"}})
    )
    bad = volume(
        f"{strangers}-lost",
        nfs(f"{strangers}/lost"),
        reserved_for=(strangers, "lost"),
        storageClassName="",
        mountOptions=["soft"],
        persistentVolumeReclaimPolicy="Recycle",
    )
    client.create(resources.VOLUMES, bad)
    client.create(resources.CLAIMS, whole_claim("lost", strangers, storageClassName="", volumeName=f"{strangers}-lost"))
    (export_root / f"{team}-stray").mkdir()
    wait_for("it to be bound", lambda: phase(client.get(resources.CLAIMS, "lost", strangers)) == "Bound", WITHIN)
    wait_for("the Event", lambda: events_about(client, team, "selecting"), WITHIN)

    told = doctor()
    assert told.exit_code == 1
    expected = {
        ("claim-stuck", f"{team}/no-such-class"): f"Its class {team}-gone does not exist",
        ("claim-stuck", f"{team}/selecting"): "its selector asks for an existing volume",
        ("namespace-label", team): "'lots' is ignored",
        ("recycle", f"{strangers}-lost"): "Its reclaim policy is Recycle",
        ("soft-mount", f"{strangers}-lost"): "mounted soft",
        ("volume-without-directory", f"{strangers}-lost"): f"{strangers}/lost is not on export main",
        ("class-export", "doctor-export"): "the policy has no export 'gone'",
        ("class-parameters", "doctor-parameters"): "parameter modus",
    }
    for (check, about), phrase in expected.items():
        (finding,) = told.of(check, about)
        assert phrase in finding
    assert told.of("directory-without-volume"), "a stray directory"


def events_about(client: Client, namespace: str, name: str) -> list[Json]:
    selector = f"involvedObject.name={name},type=Warning"
    return list(client.list(resources.EVENTS, namespace, field_selector=selector).items)


def test_a_claim_that_nobody_gives_a_class_is_told(
    doctor: Ask, client: Client, make_namespace: MakeNamespace, set_default_class: Callable[[str | None], None]
) -> None:
    set_default_class(None)
    strangers = make_namespace()
    client.create(resources.CLAIMS, whole_claim("a", strangers))
    (finding,) = doctor().of("claim-stuck", f"{strangers}/a")
    assert f"namespace {strangers} is not opted in" in finding


def test_programs_that_do_not_run_are_told(doctor: Ask, installation: Installation, team: str) -> None:
    with installation.without(WEBHOOK, MAIN):
        told = doctor()
    assert told.exit_code == 1
    (lease,) = told.of("lease-unheld", "export-main")
    assert "Nobody renews it" in lease
    (webhook,) = told.of("webhook-not-answering")
    assert "The API server cannot ask nfs-steward" in webhook


def test_what_was_set_aside_for_a_volume_that_is_gone_is_told(doctor: Ask, export_root: Path) -> None:
    area = export_root / ".nfs-steward"
    area.mkdir(mode=0o700, exist_ok=True)
    orphan = area / "aside" / "11111111-2222-3333-4444-555555555555"
    orphan.parent.mkdir(mode=0o700, exist_ok=True)
    orphan.mkdir()
    try:
        (finding,) = doctor().of("left-aside", orphan.name)
    finally:
        orphan.rmdir()
    assert "holds data of a volume that is gone" in finding


def test_those_without_rights_are_told_what_they_did_not_see(doctor: Ask, installation: Installation) -> None:
    told = doctor(f"--kubeconfig={installation.product.kubeconfig('webhook')}")
    assert {"PersistentVolumes", "Events"} <= told.unseen.keys()
    assert any("forbidden" in why for why in told.unseen.values())
