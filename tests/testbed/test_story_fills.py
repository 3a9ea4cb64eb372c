import json
from pathlib import Path

import pytest

from controller.decisions import reasons
from policy import keys
from policy.load import load_policy
from policy.shapes import Json
from testbed.audit import audit_flags, audit_log
from testbed.story.audit import CREATIONS, WebhookFill, parse_audit_log
from testbed.story.cases import CASES, DIRECTORY, INLINE_VOLUME, MOUNT_OPTIONS, NO_CLASS, NO_SIZE, STATIC, Case
from testbed.story.fills import Fill, filled_text, fills_of, rule_text
from testbed.story.manifests import Place
from testbed.story.snapshot import Scene, Snapshot
from webhook.answers import answer
from webhook.cluster import StillCluster
from webhook.reviews import evaluate

PLACE = Place("team-b", "10.0.2.2", "/nfs/data")


def audited(annotations: dict[str, str], **about: str) -> str:
    """A line of the audit log for an object that was created."""
    regarding = {"resource": "persistentvolumeclaims", "namespace": "team-b", "name": "no-class", **about}
    return json.dumps({"verb": "create", "objectRef": regarding, "annotations": annotations}) + "\n"


def scene(case: Case, *, events: tuple[Json, ...] = (), volume: Json | None = None, **claim: str) -> Scene:
    objects = case.manifests(PLACE)
    found = {"PersistentVolume": [], "PersistentVolumeClaim": [], "Pod": []}
    for obj in objects:
        found[obj["kind"]].append(obj)
    for obj in found["PersistentVolumeClaim"]:
        obj["spec"].update(claim)
    held = [volume] if volume else found["PersistentVolume"]
    snapshot = Snapshot(tuple(found["Pod"]), tuple(found["PersistentVolumeClaim"]), tuple(held), events)
    return Scene(case, PLACE, snapshot)


def told(kind: str, name: str, reason: str, message: str) -> Json:
    namespace = None if kind == "PersistentVolume" else "team-b"
    regarding = {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})}
    return {"involvedObject": regarding, "reason": reason, "message": message, "lastTimestamp": "2030-01-01T00:00:00Z"}


POLICY = """
exports: [{server: 10.0.2.2, path: /nfs/data}]
profiles: [{name: default, storageClassName: nfs, claim: {default: 1Gi}}]
"""


def said_of(obj: Json, before: tuple[Json, ...] = ()) -> list[WebhookFill]:
    """What the audit log tells of an object's creation: by our webhook's own rules, after DefaultStorageClass."""
    spec = obj["spec"]
    author = {"managedFields": [{"fieldsV1": {"f:spec": {f"f:{field}": {} for field in spec}}}]}
    defaulted = {"storageClassName": "standard", **spec} if obj["kind"] == "PersistentVolumeClaim" else spec
    kind = {"group": "", "version": "v1", "kind": obj["kind"]}
    request = {
        "uid": "1",
        "operation": "CREATE",
        "kind": kind,
        "namespace": "team-b",
        "object": {**obj, "metadata": {**obj["metadata"], **author}, "spec": defaulted},
    }
    view = StillCluster(
        load_policy(POLICY, "policy.yaml"),
        namespaces={"team-b": {keys.INJECT: keys.INJECT_ENABLED}},
        cluster_default="standard",
        volumes=before,
    )
    response = answer("1", request["object"], evaluate(request, view, "mutate")).response
    said = {f"nfs.{keys.GROUP}/{key}": value for key, value in response["auditAnnotations"].items()}
    resource = {"PersistentVolumeClaim": "persistentvolumeclaims", "Pod": "pods"}[obj["kind"]]
    return list(parse_audit_log(audited(said, resource=resource, name=obj["metadata"]["name"])))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.letter) for case in CASES])
def test_what_our_webhook_says_of_the_manifests_is_read_as_the_cases_fields(case: Case) -> None:
    volumes = tuple(obj for obj in case.manifests(PLACE) if obj["kind"] == "PersistentVolume")
    others = [obj for obj in case.manifests(PLACE) if obj not in volumes]
    found = {fill.field for obj in others for fill in said_of(obj, volumes) if not fill.field.startswith("metadata.")}
    assert found == case.fills - {DIRECTORY, MOUNT_OPTIONS}


def test_each_fill_comes_with_the_webhooks_rule() -> None:
    claim, _ = NO_CLASS.manifests(PLACE)
    assert said_of(claim)[0] == WebhookFill(
        "PersistentVolumeClaim", "team-b", "no-class", "spec.storageClassName", "profile default"
    )


def test_what_other_webhooks_say_is_no_fill() -> None:
    assert not list(parse_audit_log(audited({"claims.example.com/filled": "spec.storageClassName: profile gold"})))


def test_the_audit_log_starts_anew_with_each_api_server(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    audit_flags(folder, CREATIONS)
    audit_log(folder).write_text("of an earlier run")
    flags = audit_flags(folder, CREATIONS)
    assert not audit_log(folder).exists()
    policy, log = (Path(flag.partition("=")[2]) for flag in flags)
    assert json.loads(policy.read_text())["kind"] == "Policy"
    assert log == audit_log(folder)


def test_a_fill_shows_the_value_that_the_object_has_now() -> None:
    filled = WebhookFill("PersistentVolumeClaim", "team-b", "no-class", "spec.storageClassName", "profile default")
    found = fills_of(scene(NO_CLASS, storageClassName="nfs"), [filled])
    assert found == (Fill("spec.storageClassName", "nfs", "profile default"),)
    assert filled_text(found) == "spec.storageClassName = nfs"


@pytest.mark.parametrize(
    "about_another",
    [
        pytest.param(("PersistentVolumeClaim", "team-a", "no-class"), id="the other namespace"),
        pytest.param(("PersistentVolumeClaim", "team-b", "no-size"), id="another claim"),
        pytest.param(("Deployment", "team-b", "no-class"), id="another kind"),
    ],
)
def test_fills_of_other_objects_do_not_count(about_another: tuple[str, str, str]) -> None:
    assert not fills_of(scene(NO_CLASS), [WebhookFill(*about_another, "spec.storageClassName", "profile default")])


def test_the_controller_tells_by_events_what_it_made_and_filled_in() -> None:
    volume = STATIC.manifests(PLACE)[0]
    volume["spec"]["mountOptions"] = ["nfsvers=4.1", "hard"]
    options = "Filled in mount options nfsvers=4.1,hard (profile default): the volume had none."
    directory = "Made directory /nfs/data/team-b/static-volume for volume v on export main: mode 2770, owner 0:0."
    events = (
        told("PersistentVolume", "team-b-static-volume", reasons.MOUNT_OPTIONS_FILLED_IN, options),
        told("PersistentVolume", "team-b-static-volume", reasons.DIRECTORY_CREATED, directory),
        told("PersistentVolumeClaim", "static-volume", reasons.DIRECTORY_CREATED, directory),
        told("Pod", "static-volume", "Started", "Container started"),
    )
    assert fills_of(scene(STATIC, events=events, volume=volume), []) == (
        Fill("spec.mountOptions", "nfsvers=4.1,hard", "profile default"),
        Fill("directory", "team-b/static-volume", "export main"),
    )


@pytest.mark.parametrize(
    ("case", "kind", "name", "reason", "before"),
    [
        pytest.param(INLINE_VOLUME, "Pod", "inline-volume", reasons.GATE_LIFTED, "Export main waits.", id="a gate"),
        pytest.param(
            NO_CLASS,
            "PersistentVolumeClaim",
            "no-class",
            reasons.PROVISIONING_SUCCEEDED,
            "A volume (x).",
            id="a volume",
        ),
    ],
)
def test_a_directory_is_read_from_the_end_of_what_followed_from_it(
    case: Case, kind: str, name: str, reason: str, before: str
) -> None:
    made = f"{before} Made directory /nfs/data/d for volume 'v' on export main: mode 2770, owner 0:0."
    (fill,) = fills_of(scene(case, events=(told(kind, name, reason, made),)), [])
    assert (fill.field, fill.rule) == (DIRECTORY, "export main")
    assert not fills_of(scene(case, events=(told(kind, name, reason, before),)), [])


def test_the_events_of_another_volume_do_not_count() -> None:
    event = told("PersistentVolume", "team-a-static-volume", reasons.DIRECTORY_CREATED, "Made it on export main: x")
    assert not fills_of(scene(STATIC, events=(event,)), [])


def test_a_gate_that_has_come_off_again_shows_as_the_field_alone() -> None:
    gate = WebhookFill("Pod", "team-b", "inline-volume", "spec.schedulingGates", "inline volume on a managed export")
    found = fills_of(scene(INLINE_VOLUME), [gate])
    assert filled_text(found) == "spec.schedulingGates"
    assert rule_text(found) == "inline volume on a managed export"


def test_labels_and_annotations_of_our_own_are_not_shown_but_count_as_changes() -> None:
    mark = WebhookFill("PersistentVolumeClaim", "team-b", "no-size", "metadata.annotations[x]", "profile default")
    found = fills_of(scene(NO_SIZE), [mark])
    assert len(found) == 1
    assert filled_text(found) == rule_text(found) == ""


def test_each_rule_is_named_once() -> None:
    fills = (Fill("a", "1", "profile default"), Fill("b", "2", "export main"), Fill("c", "3", "profile default"))
    assert rule_text(fills) == "profile default; export main"
    assert filled_text(fills) == "a = 1; b = 2; c = 3"


def test_an_empty_class_that_was_filled_in_can_be_seen() -> None:
    filled = WebhookFill("PersistentVolumeClaim", "team-b", "no-class", "spec.storageClassName", "class of volume v")
    assert filled_text(fills_of(scene(NO_CLASS, storageClassName=""), [filled])) == 'spec.storageClassName = ""'
