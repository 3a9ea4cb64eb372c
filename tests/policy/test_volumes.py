"""Volumes on NFS: where they lie, and the mount options of those that have none."""

from collections.abc import Callable
from typing import Any

import pytest

from policy import keys
from policy.choices import Fill, Keep
from policy.errors import WrongShape
from policy.exports import ManagedExports
from policy.profiles import NamespaceSettings
from policy.shapes import Json
from policy.volumes import NfsSource, class_of_volume, nfs_source, volume_options

Build = Callable[..., NamespaceSettings]


def csi(driver: str = keys.NFS_CSI_DRIVER, **attributes: Any) -> Json:
    return {"csi": {"driver": driver, "volumeHandle": "x", "volumeAttributes": attributes}}


@pytest.mark.parametrize(
    ("spec", "source"),
    [
        pytest.param({"nfs": {"server": "nfs", "path": "/data"}}, NfsSource("nfs", "/data"), id="nfs"),
        pytest.param(csi(server="nfs", share="/data"), NfsSource("nfs", "/data"), id="csi"),
        pytest.param(
            csi(server="nfs", share="/data/", subDir="a/b"), NfsSource("nfs", "/data/a/b"), id="csi below a share"
        ),
        pytest.param(csi(server="nfs", share="/", subdir="a"), NfsSource("nfs", "/a"), id="csi below the root"),
        pytest.param(csi(SERVER="nfs", Share="/data"), NfsSource("nfs", "/data"), id="csi in another case"),
        pytest.param(
            csi(server="nfs", share="/data", subDir="../x"),
            NfsSource("nfs", "/data/../x"),
            id="csi that climbs, as written",
        ),
        pytest.param(csi(driver="smb.csi.k8s.io", server="nfs", share="/data"), None, id="another driver"),
        pytest.param({"csi": {"driver": keys.NFS_CSI_DRIVER}}, None, id="csi without attributes"),
        pytest.param(csi(server="nfs"), None, id="csi without a share"),
        pytest.param({"nfs": {"server": "", "path": "/data"}}, None, id="no server"),
        pytest.param({"hostPath": {"path": "/data"}}, None, id="another kind"),
        pytest.param({"nfs": None, "csi": None}, None, id="null"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_an_nfs_volume_is_found_in_either_form(spec: Json, source: NfsSource | None) -> None:
    assert nfs_source(spec) == source


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"nfs": "nfs:/data"}, id="text"),
        pytest.param({"nfs": {"server": 1, "path": "/data"}}, id="number for a server"),
        pytest.param({"csi": {"driver": 3}}, id="number for a driver"),
        pytest.param(csi(server="nfs", share=["/data"]), id="list for a share"),
        pytest.param(csi(server="nfs", share="/data", Share="/other"), id="one name in two spellings"),
    ],
)
def test_a_malformed_volume_is_named(spec: Json) -> None:
    with pytest.raises(WrongShape):
        nfs_source(spec)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"spec": {"storageClassName": "nfs"}}, "nfs"),
        ({"spec": {}}, ""),
        (
            {"metadata": {"annotations": {keys.LEGACY_CLASS_ANNOTATION: "old"}}, "spec": {"storageClassName": "nfs"}},
            "old",
        ),
    ],
)
def test_a_volumes_class_is_the_legacy_annotations_or_the_fields(raw: Json, name: str) -> None:
    assert class_of_volume(raw) == name


def test_a_volume_without_options_gets_the_exports_and_the_profiles(
    volume: Json, settings: NamespaceSettings, exports: ManagedExports
) -> None:
    assert volume_options(volume, None, settings, exports) == Fill(
        ["nfsvers=4.1", "nconnect=4", "hard", "noatime"], "export main, profile default"
    )


def test_its_claims_allowed_requests_come_last(
    volume: Json, claim: Json, settings: NamespaceSettings, exports: ManagedExports
) -> None:
    claim["metadata"]["annotations"] = {keys.MOUNT_OPTIONS: "actimeo=30,suid"}
    assert volume_options(volume, claim, settings, exports) == Fill(
        ["nfsvers=4.1", "nconnect=4", "hard", "noatime", "actimeo=30"],
        f"export main, profile default, annotation {keys.MOUNT_OPTIONS} of its claim",
    )


def test_a_claim_that_asks_for_nothing_it_may_have_is_no_rule(
    volume: Json, claim: Json, settings: NamespaceSettings, exports: ManagedExports
) -> None:
    claim["metadata"]["annotations"] = {keys.MOUNT_OPTIONS: "suid"}
    choice = volume_options(volume, claim, settings, exports)
    assert isinstance(choice, Fill)
    assert choice.rule == "export main, profile default"


def test_a_volume_of_the_csi_driver_gets_them_too(
    volume: Json, settings: NamespaceSettings, exports: ManagedExports
) -> None:
    del volume["spec"]["nfs"]
    volume["spec"].update(csi(server="NFS.corp.example", share="/nfs/data", subdir="team-a"))
    assert isinstance(volume_options(volume, None, settings, exports), Fill)


def test_a_volume_off_every_managed_export_gets_the_profiles_alone(
    volume: Json, settings: NamespaceSettings, exports: ManagedExports
) -> None:
    volume["spec"]["nfs"]["server"] = "elsewhere"
    assert volume_options(volume, None, settings, exports) == Fill(["hard", "noatime"], "profile default")


def test_without_options_anywhere_there_is_nothing_to_fill_in(
    volume: Json, settings_with: Build, exports: ManagedExports
) -> None:
    volume["spec"]["nfs"]["server"] = "elsewhere"
    choice = volume_options(volume, None, settings_with({keys.PROFILE: "bare"}), exports)
    assert choice == Keep("neither its export nor profile bare sets mount options")


@pytest.mark.parametrize(
    ("metadata", "spec", "why"),
    [
        pytest.param({}, {"mountOptions": ["ro"]}, "its author set mount options", id="options set"),
        pytest.param(
            {"annotations": {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "ro"}},
            {},
            "sets mount options",
            id="legacy annotation",
        ),
        pytest.param({"labels": {keys.INJECT: keys.INJECT_DISABLED}}, {}, keys.INJECT, id="opted out"),
        pytest.param({"annotations": {keys.FILLED: "spec.mountOptions"}}, {}, "before", id="filled before"),
        pytest.param({}, {"nfs": None, "hostPath": {"path": "/x"}}, "it is no NFS volume", id="another kind"),
        pytest.param(
            {}, {"nfs": {"server": "10.0.0.5", "path": "/nfs"}}, "contains the whole export", id="above the export"
        ),
        pytest.param(
            {}, {"nfs": {"server": "10.0.0.5", "path": "/nfs/data/../x"}}, "the one above", id="a path that climbs"
        ),
        pytest.param(
            {},
            {"nfs": None, **csi(server="nfs", share="/data", mountOptions="ro")},
            "its author set mount options",
            id="options for the driver",
        ),
    ],
)
def test_a_volume_is_left_alone(
    volume: Json, settings: NamespaceSettings, exports: ManagedExports, metadata: Json, spec: Json, why: str
) -> None:
    volume["metadata"].update(metadata)
    volume["spec"].update(spec)
    choice = volume_options(volume, None, settings, exports)
    assert isinstance(choice, Keep)
    assert why in choice.why


def test_the_volume_of_a_claim_that_opted_out_is_left_alone(
    volume: Json, claim: Json, settings: NamespaceSettings, exports: ManagedExports
) -> None:
    claim["metadata"]["labels"] = {keys.INJECT: keys.INJECT_DISABLED}
    choice = volume_options(volume, claim, settings, exports)
    assert choice == Keep(f"label {keys.INJECT}: {keys.INJECT_DISABLED} on its claim")


@pytest.mark.parametrize("nothing", [None, []])
def test_an_empty_list_of_options_is_as_good_as_none(
    volume: Json, settings: NamespaceSettings, exports: ManagedExports, nothing: object
) -> None:
    volume["spec"]["mountOptions"] = nothing
    assert isinstance(volume_options(volume, None, settings, exports), Fill)


def test_a_second_pass_changes_nothing(volume: Json, settings: NamespaceSettings, exports: ManagedExports) -> None:
    first = volume_options(volume, None, settings, exports)
    assert isinstance(first, Fill)
    volume["spec"]["mountOptions"] = first.value
    assert isinstance(volume_options(volume, None, settings, exports), Keep)
