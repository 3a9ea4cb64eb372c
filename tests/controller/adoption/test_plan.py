"""What taking over comes to: who serves new claims, which volumes become ours, and why others cannot."""

from typing import Any

import pytest

from controller.adoption.classes import NotUnderstood, Understood
from controller.adoption.observed import Observed
from controller.adoption.plan import Plan, plan_adoption
from controller.adoption.running import Runner
from controller.adoption.volumes import LeftAlone, TakenOver
from policy.ending import Ending
from policy.load import load_policy
from policy.model import Policy
from policy.parameters import OnDelete
from policy.shapes import Json

from .objects import CSI, OURS, ROOT, SUBDIR, claim, csi_volume, policy, storage_class, volume

CLASS = storage_class(archiveOnDelete="false")


def plan(*volumes: Json, by: Policy | None = None, provisioner: str = SUBDIR, **seen: Any) -> Plan:
    """The plan for these volumes, a class that deletes, and whatever else was seen."""
    everything = {"classes": (CLASS,), "claims": (), "runners": (), **seen}
    return plan_adoption(Observed(provisioner, volumes=volumes, **everything), by or policy())


def taken(*volumes: Json, **rest: Any) -> TakenOver:
    (verdict,) = plan(*volumes, **rest).volumes
    assert isinstance(verdict, TakenOver)
    return verdict


def left(*volumes: Json, **rest: Any) -> LeftAlone:
    verdict = plan(*volumes, **rest).volumes[0]
    assert isinstance(verdict, LeftAlone)
    return verdict


def test_a_volume_that_holds_another_export_is_left_alone() -> None:
    inside = "exports: [{name: main, server: 10.0.0.5, path: /nfs/data}, {name: fast, server: 10.0.0.5, path: %s}]"
    both = load_policy(f"{inside % f'{ROOT}/disks/fast'}\nprofiles: [{{name: default}}]", "policy")

    assert "export fast lies inside it" in left(volume(path=f"{ROOT}/disks"), by=both).why


def applied(verdict: TakenOver) -> dict[str, Any]:
    """What the patch changes: the value by the path; None for what it removes. Its tests are left out."""
    return {each["path"]: each.get("value") for each in verdict.patch if each["op"] != "test"}


MARKS = "/metadata/annotations/"


def test_a_volume_on_a_managed_export_gets_our_name_its_fate_and_our_finalizer() -> None:
    assert applied(taken(volume())) == {
        f"{MARKS}pv.kubernetes.io~1provisioned-by": OURS,
        f"{MARKS}nfs-steward.io~1adopted-from": SUBDIR,
        f"{MARKS}nfs-steward.io~1on-delete": "delete",
        "/metadata/finalizers": ["kubernetes.io/pv-protection", "nfs-steward.io/data"],
    }


def test_a_csi_volume_loses_the_finalizer_by_which_its_own_controller_held_it() -> None:
    verdict = taken(csi_volume(handle="s#d#pvc-1##archive"), provisioner=CSI)
    assert applied(verdict)["/metadata/finalizers"] == ["kubernetes.io/pv-protection", "nfs-steward.io/data"]
    assert verdict.fate.ending == Ending(OnDelete.ARCHIVE)


@pytest.mark.parametrize(
    ("provisioner", "said"), [pytest.param(CSI, "DaemonSet csi-nfs-node", id="csi"), pytest.param(SUBDIR, "", id="nfs")]
)
def test_what_of_the_other_must_not_go_is_said(provisioner: str, said: str) -> None:
    needed = plan(provisioner=provisioner).still_needed
    assert said in needed
    assert bool(needed) is bool(said)


def test_the_patch_holds_only_for_the_volume_as_it_was_seen() -> None:
    tests = {each["path"]: each["value"] for each in taken(volume()).patch if each["op"] == "test"}
    assert tests == {
        "/metadata/uid": "uid-of-pvc-1",
        f"{MARKS}pv.kubernetes.io~1provisioned-by": SUBDIR,
        "/spec/persistentVolumeReclaimPolicy": "Delete",
        "/metadata/finalizers": ["kubernetes.io/pv-protection"],
    }


def test_a_volume_that_outlives_its_claim_is_taken_over_without_our_finalizer() -> None:
    verdict = taken(volume(persistentVolumeReclaimPolicy="Retain"))
    assert "/metadata/finalizers" not in applied(verdict)
    assert applied(verdict)[f"{MARKS}nfs-steward.io~1on-delete"] == "delete"  # should it be set to Delete some day


def test_a_volume_without_any_finalizer_loses_none() -> None:
    verdict = taken(volume(finalizers=[], persistentVolumeReclaimPolicy="Retain"))
    assert "/metadata/finalizers" not in applied(verdict)


def test_what_an_administrator_wrote_on_a_volume_is_left_as_it_is() -> None:
    verdict = taken(volume(annotations={"nfs-steward.io/on-delete": "archive"}))
    assert f"{MARKS}nfs-steward.io~1on-delete" not in applied(verdict)


@pytest.mark.parametrize(
    ("changes", "at_once"),
    [
        pytest.param({}, False, id="bound"),
        pytest.param({"phase": "Released"}, True, id="its claim is gone"),
        pytest.param({"phase": "Failed"}, True, id="its claim is gone, and somebody failed to delete it"),
        pytest.param({"phase": "Released", "persistentVolumeReclaimPolicy": "Retain"}, False, id="it is retained"),
    ],
)
def test_a_volume_whose_claim_is_gone_is_dealt_with_at_once(changes: Json, at_once: bool) -> None:
    assert taken(volume(**changes)).at_once is at_once


@pytest.mark.parametrize(
    ("obj", "why", "remedy"),
    [
        pytest.param(volume(deleting=True), "it is being deleted", "", id="being deleted"),
        pytest.param(volume(nfs=None, hostPath={"path": "/x"}), "it is no NFS volume", "", id="not NFS"),
        pytest.param(
            volume(nfs={"server": "other", "path": "/ifs/kubernetes/x"}),
            "it lies on no managed export",
            "server: other, path: /ifs/kubernetes",
            id="elsewhere",
        ),
        pytest.param(volume(path=f"{ROOT}/../x"), "'..' cannot be the name of a directory", "", id="an odd path"),
        pytest.param(volume(path=ROOT), "it is the whole export main", "", id="the export itself"),
        pytest.param(volume(path="/nfs"), "the path contains the whole export main", "", id="above the export"),
        pytest.param(volume(path=f"{ROOT}/.nfs-steward/x"), "nfs-steward's own", "", id="in our own area"),
    ],
)
def test_a_volume_that_cannot_be_taken_over_is_named_with_the_reason(obj: Json, why: str, remedy: str) -> None:
    verdict = left(obj)
    assert why in verdict.why
    assert remedy in verdict.remedy


@pytest.mark.parametrize(
    ("path", "why"),
    [
        pytest.param(f"{ROOT}/shared", "volume other, which somebody made by hand, uses its directory", id="the same"),
        pytest.param(f"{ROOT}/shared/below", "it lies inside the directory of volume other", id="inside"),
        pytest.param(f"{ROOT}", "it is the whole export", id="above"),
    ],
)
def test_a_volume_whose_directory_is_another_s_too_is_left_alone(path: str, why: str) -> None:
    other = volume("other", f"{ROOT}/shared", annotations={"pv.kubernetes.io/provisioned-by": ""})
    assert why in left(volume(path=path), other).why


def test_volumes_that_share_a_directory_are_taken_over_together() -> None:
    first, second = plan(volume("pvc-1", f"{ROOT}/shared"), volume("pvc-2", f"{ROOT}/shared")).taken_over
    assert (first.sharers, second.sharers) == (("pvc-2",), ("pvc-1",))


def test_volumes_of_others_and_those_that_are_ours_already_are_nobody_s_concern() -> None:
    ours = volume(annotations={"pv.kubernetes.io/provisioned-by": OURS})
    assert plan(ours, csi_volume("pvc-2")).volumes == ()


@pytest.mark.parametrize(
    ("more", "provisioner", "classes", "served", "remedy"),
    [
        pytest.param(f"provisionerName: {SUBDIR}", SUBDIR, (CLASS,), True, "", id="by us"),
        pytest.param("", SUBDIR, (CLASS,), False, f"set provisionerName: {SUBDIR} in the policy", id="by nobody"),
        pytest.param(
            "provisionerName: example.com/x",
            SUBDIR,
            (CLASS,),
            False,
            f"set provisionerName: {SUBDIR}, instead of example.com/x",
            id="by nobody, since another is served",
        ),
        pytest.param("", SUBDIR, (storage_class(provisioner=OURS),), True, "", id="by us, with classes made anew"),
        pytest.param(
            "", CSI, (storage_class(provisioner=CSI),), False, "put classes of nfs-steward.io/provisioner", id="csi"
        ),
    ],
)
def test_who_serves_new_claims_is_said(
    more: str, provisioner: str, classes: tuple[Json, ...], served: bool, remedy: str
) -> None:
    new = plan(by=policy(more), provisioner=provisioner, classes=classes).new_claims
    assert new.served is served
    assert remedy in new.remedy
    assert bool(new.remedy) is not served


def test_each_class_is_understood_or_says_what_is_not() -> None:
    classes = (CLASS, storage_class("odd", colour="red"), {**storage_class("options"), "mountOptions": ["colour"]})
    understood, *others = plan(classes=classes).classes
    assert understood == Understood("nfs-client", Ending(OnDelete.DELETE))
    assert [(type(each), each.name) for each in others] == [(NotUnderstood, "odd"), (NotUnderstood, "options")]
    assert "parameter colour is not supported" in others[0].why
    assert "mount option 'colour'" in others[1].why


def test_claims_that_wait_for_the_old_provisioner_are_named() -> None:
    claims = (claim("a"), claim("bound", phase="Bound"), claim("ours", OURS))
    assert plan(claims=claims).waiting == ("team-a/a",)


def test_claims_whose_annotations_only_the_old_provisioner_reads_are_named() -> None:
    marked, ours = claim("marked", phase="Bound"), claim("ours", OURS)
    for each in (marked, ours):
        each["metadata"]["annotations"]["nfs.io/createUID"] = "1000"
    assert plan(claims=(marked, ours, claim("plain"))).unread == ("team-a/marked",)


@pytest.mark.parametrize(
    ("volumes", "seen", "leaves"),
    [
        pytest.param((volume(),), {}, False, id="nothing"),
        pytest.param((), {"runners": (Runner("a", "Pod", "b"),)}, False, id="that it runs is another matter"),
        pytest.param((volume(), volume("root", ROOT)), {}, True, id="a volume"),
        pytest.param((volume(),), {"classes": (CLASS, storage_class("odd", colour="red"))}, True, id="a class"),
        pytest.param((volume(),), {"by": policy("")}, True, id="new claims"),
    ],
)
def test_what_is_left_to_an_administrator_counts(volumes: tuple[Json, ...], seen: Any, leaves: bool) -> None:
    assert plan(*volumes, **seen).leaves_something is leaves
