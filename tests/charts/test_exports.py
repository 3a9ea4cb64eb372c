"""How an export gets into its controller's Pods: a static volume and a claim, with the export's own mount options."""

import hashlib

import pytest

MAIN = {"server": "10.0.0.5", "path": "/nfs/data"}
OTHER = {"name": "other", "server": "10.0.0.6", "path": "/other"}


@pytest.fixture
def mounted(render):
    """The volume, the claim and the Deployment of each export, by the export's name."""

    def mounted(*exports, **values: object):
        rendered = render(exports=list(exports), storageClasses=[], **values)
        found: dict[str, dict[str, dict]] = {}
        for (kind, _), obj in rendered.items():
            name = obj["metadata"]["labels"].get("nfs-steward.io/export")
            if name:
                found.setdefault(name, {})[kind] = obj
        return found

    return mounted


def claim_of(deployment) -> str:
    (name,) = [
        each["persistentVolumeClaim"]["claimName"]
        for each in deployment["spec"]["template"]["spec"]["volumes"]
        if "persistentVolumeClaim" in each
    ]
    return name


def test_volume_claim_and_deployment_find_each_other_and_nobody_else(mounted):
    export = mounted(MAIN)["main"]
    volume, claim = export["PersistentVolume"], export["PersistentVolumeClaim"]
    name = claim["metadata"]["name"]
    assert volume["spec"]["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": "storage",
        "name": name,
    }
    assert claim["metadata"]["namespace"] == "storage"
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert claim["spec"]["storageClassName"] == volume["spec"]["storageClassName"] == ""
    assert claim["spec"]["accessModes"] == volume["spec"]["accessModes"]
    assert claim["spec"]["resources"]["requests"] == volume["spec"]["capacity"]
    assert claim_of(export["Deployment"]) == name


def test_the_volume_is_the_export_and_outlives_the_claim(mounted):
    spec = mounted(MAIN)["main"]["PersistentVolume"]["spec"]
    assert spec["nfs"] == MAIN
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"


def test_each_export_has_its_own(mounted):
    exports = mounted({**MAIN, "name": "main"}, OTHER)
    assert set(exports) == {"main", "other"}
    for name, objects in exports.items():
        assert set(objects) == {"PersistentVolume", "PersistentVolumeClaim", "Deployment"}
        assert objects["Deployment"]["metadata"]["name"] == f"nfs-steward-export-{name}"
        assert claim_of(objects["Deployment"]) == objects["PersistentVolumeClaim"]["metadata"]["name"]


def test_the_name_of_the_volume_tells_its_place_since_a_source_cannot_be_changed(mounted):
    place = hashlib.sha256((MAIN["server"] + MAIN["path"]).encode()).hexdigest()[:8]
    assert mounted(MAIN)["main"]["PersistentVolume"]["metadata"]["name"] == f"nfs-steward-export-main-{place}"


@pytest.mark.parametrize("change", [{"server": "10.0.0.7"}, {"path": "/nfs/data2"}], ids=["server", "path"])
def test_an_export_that_moves_gets_another_volume_and_claim_and_the_same_deployment(mounted, change):
    before, after = mounted(MAIN)["main"], mounted({**MAIN, **change})["main"]
    for kind in ("PersistentVolume", "PersistentVolumeClaim"):
        assert before[kind]["metadata"]["name"] != after[kind]["metadata"]["name"]
    assert before["Deployment"]["metadata"] == after["Deployment"]["metadata"]
    assert claim_of(before["Deployment"]) != claim_of(after["Deployment"])


def test_options_are_mounted_one_by_one_however_they_are_written(mounted):
    export = {**MAIN, "mountOptions": ["nfsvers=4.1, nconnect=4", " hard ,"]}
    assert mounted(export)["main"]["PersistentVolume"]["spec"]["mountOptions"] == ["nfsvers=4.1", "nconnect=4", "hard"]
    assert "mountOptions" not in mounted(MAIN)["main"]["PersistentVolume"]["spec"]


def test_other_options_replace_the_pods_and_keep_the_volume(mounted):
    before, after = mounted(MAIN)["main"], mounted({**MAIN, "mountOptions": ["hard"]})["main"]
    assert before["Deployment"]["spec"]["template"] != after["Deployment"]["spec"]["template"]
    assert before["PersistentVolume"]["metadata"]["name"] == after["PersistentVolume"]["metadata"]["name"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"aliases": ["nfs.example"]}, id="another name"),
        pytest.param({"directories": {"mode": "0750"}}, id="other directories"),
    ],
)
def test_what_else_is_said_of_an_export_replaces_nothing(mounted, change):
    assert mounted(MAIN)["main"] == mounted({**MAIN, **change})["main"]


def test_options_of_one_export_leave_the_others_pods_alone(mounted):
    before, after = (
        mounted(MAIN | {"name": "main"}, OTHER),
        mounted(MAIN | {"name": "main", "mountOptions": ["hard"]}, OTHER),
    )
    assert before["other"] == after["other"]
