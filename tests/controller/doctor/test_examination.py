"""From what was observed to a report: nothing is passed over in silence."""

from datetime import timedelta

from certs.authority import issue_authority
from certs.bundles import readable_certificates
from controller.doctor.check import Check, findings_of, left_out
from controller.doctor.examination import examine
from controller.doctor.findings import Finding, Level, Unseen
from controller.doctor.looking import blind
from controller.doctor.observed import Installed, Part, TrustSeen
from controller.doctor.registry import CHECKS, EXPORT_CHECKS, TABLE_CHECKS
from controller.doctor.trial import FilledIn
from controller.export.surveying import Survey
from kube import resources
from tests.controller.doctor.objects import (
    NOW,
    POLICY,
    export,
    folder,
    lease,
    policy,
    seen,
    storage_class,
    table,
    trial,
)

GIDS = policy(
    """
    exports: [{name: main, server: 10.0.0.5, path: /nfs/data}]
    profiles: [{name: default, storageClassName: nfs}]
    gidRange: {from: 5000, to: 6000}
    """
)
INSTALLED = Installed("nfs-steward", "nfs-steward", "tls")


def finding(level: Level) -> Finding:
    return Finding(level, "here", "what", "why", "mend")


def test_the_worst_comes_first() -> None:
    checks = [Check(level.value, lambda _, level=level: [finding(level)]) for level in reversed(Level)]
    assert [found.check for found in findings_of(checks, seen())] == ["error", "warning", "note"]


def test_a_check_that_lacks_what_it_needs_says_nothing_and_is_told() -> None:
    checks = [
        Check("of classes", lambda _: [finding(Level.ERROR)], (Part.CLASSES, Part.POLICY)),
        Check("of volumes", lambda _: [finding(Level.NOTE)], (Part.VOLUMES,)),
    ]
    observed = seen(unseen={Part.CLASSES: "forbidden", Part.PODS: "forbidden", Part.CLAIMS: "timed out"})
    assert [found.check for found in findings_of(checks, observed)] == ["of volumes"]
    assert left_out(checks, observed) == (
        Unseen("StorageClasses, Pods with inline volumes", "forbidden", ("of classes",)),
        Unseen("PersistentVolumeClaims", "timed out"),
    )


def test_without_a_cluster_all_that_is_about_it_is_left_out() -> None:
    report = examine(blind("no cluster here", INSTALLED, None))
    assert (report.found, report.has_errors) == ((), False)
    cluster = report.unseen[0]
    assert cluster.why == "no cluster here"
    assert {check.name for check in CHECKS if check.needs} == set(cluster.left_out)


def test_a_policy_from_a_file_is_seen_without_a_cluster() -> None:
    report = examine(blind("no cluster here", INSTALLED, POLICY))
    assert Part.POLICY not in report.unseen[0].what
    assert any(unseen.what == "export main" for unseen in report.unseen)


def test_exports_and_tables_that_were_not_looked_at_are_told() -> None:
    unseen = {each.what: each.left_out for each in examine(seen()).unseen}
    assert unseen["export main"] == tuple(check.name for check in EXPORT_CHECKS)
    assert unseen["the server's export table"] == tuple(check.name for check in TABLE_CHECKS)


def test_on_the_server_itself_how_users_are_taken_is_not_seen() -> None:
    local = export(root=folder(file_system="ext4"), trial=trial())
    unseen = {each.what: each.why for each in examine(seen(exports=(local,))).unseen}
    assert "ext4: a squash shows through NFS alone" in unseen["how export main (/mnt) takes users"]


def test_directories_that_could_not_be_looked_into_are_told() -> None:
    survey = Survey(unread={("a", "b"): "EACCES: Permission denied", (): "EIO: Input/output error"})
    report = examine(seen(exports=(export(trial=trial(), survey=survey),)))
    assert any(each.what.startswith("its root, a/b on export main") for each in report.unseen)


def test_a_healthy_installation_has_no_findings_and_says_what_was_seen() -> None:
    authority = issue_authority(timedelta(days=365), lambda: NOW)
    observed = seen(
        policy=GIDS,
        classes=(storage_class(),),
        leases=(lease("nfs-steward-cluster"), lease("nfs-steward-export-main")),
        trust=(TrustSeen(resources.MUTATING_CONFIGURATIONS.kind, (readable_certificates(authority.certificate),)),),
        trial=FilledIn("A claim gets class 'nfs'."),
        exports=(export(trial=trial(), survey=Survey()),),
        tables=(table("/nfs/data 10.0.0.0/8(rw,no_root_squash,sync)"),),
    )
    report = examine(observed)
    assert (report.found, report.unseen) == ((), ())
    assert "export main (/mnt): made .nfs-steward/doctor-1, and removed it; no_root_squash." in report.seen
