from collections.abc import Callable
from typing import Any

import pytest

from controller.decisions.actions import LookAgain, SetClass, SetMountOptions, Tell
from controller.decisions.healing import heal_claim, heal_volume
from controller.rules import Rules
from policy import keys
from policy.claims import ClassFacts, VolumeFound, VolumeMissing
from policy.profiles import NamespaceSettings

RawObject = Callable[..., dict[str, Any]]
SettingsOf = Callable[..., NamespaceSettings]

NO_DEFAULT = ClassFacts(None)


@pytest.fixture
def classless(raw_claim: RawObject) -> RawObject:
    def claim(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
        raw = raw_claim(annotations, **spec)
        if "storageClassName" not in spec:
            del raw["spec"]["storageClassName"]
        return raw

    return claim


def test_a_claim_without_a_class_gets_its_namespaces(classless: RawObject, settings_of: SettingsOf) -> None:
    action, told = heal_claim(classless(), settings_of(), NO_DEFAULT)

    assert isinstance(action, SetClass)
    assert list(action.patch) == [
        {"op": "test", "path": "/metadata/uid", "value": "claim-uid"},
        {"op": "test", "path": "/spec/storageClassName", "value": None},
        {"op": "add", "path": "/spec/storageClassName", "value": "nfs"},
        {"op": "add", "path": "/metadata/annotations/nfs-steward.io~1filled", "value": "spec.storageClassName"},
    ]
    assert isinstance(told, Tell)
    assert told.message == "Filled in class nfs (profile default): the claim named none."


@pytest.mark.parametrize(
    ("annotations", "spec", "metadata", "profile"),
    [
        pytest.param({}, {"storageClassName": "x"}, {}, "default", id="it has one"),
        pytest.param({}, {"storageClassName": ""}, {}, "default", id="it asks for none"),
        pytest.param({}, {"selector": {}}, {}, "default", id="selector"),
        pytest.param({}, {"dataSource": {"kind": "X"}}, {}, "default", id="data source"),
        pytest.param({keys.LEGACY_CLASS_ANNOTATION: "x"}, {}, {}, "default", id="the legacy annotation names one"),
        pytest.param({keys.FILLED: "spec.storageClassName"}, {}, {}, "default", id="it was filled in before"),
        pytest.param({}, {}, {"labels": {keys.INJECT: "disabled"}}, "default", id="its author opted it out"),
        pytest.param({}, {}, {"deletionTimestamp": "2030-01-01T12:00:00Z"}, "default", id="it is going"),
        pytest.param({}, {}, {}, "bare", id="its profile names none"),
    ],
)
def test_every_exclusion_of_admission_holds_here_too(
    classless: RawObject,
    settings_of: SettingsOf,
    annotations: dict[str, str],
    spec: dict[str, Any],
    metadata: dict[str, Any],
    profile: str,
) -> None:
    claim = classless(annotations, **spec)
    claim["metadata"].update(metadata)

    assert heal_claim(claim, settings_of(profile), NO_DEFAULT) == ()


@pytest.mark.parametrize(
    ("storage_class", "filled"),
    [
        pytest.param("gold", ["gold"], id="the volume has one"),
        pytest.param("", [], id="the volume has none, which is what no class means to the binder"),
    ],
)
def test_a_claim_that_names_a_volume_gets_the_volumes_class(
    classless: RawObject, settings_of: SettingsOf, storage_class: str, filled: list[str]
) -> None:
    facts = ClassFacts("other", VolumeFound(storage_class))

    actions = heal_claim(classless(volumeName="static"), settings_of(), facts)

    patches = [action.patch for action in actions if isinstance(action, SetClass)]
    assert [patch[2]["value"] for patch in patches] == filled


@pytest.mark.parametrize(
    ("labels", "actions"),
    [
        pytest.param({}, [LookAgain(10.0)], id="served"),
        pytest.param({keys.INJECT: "disabled"}, [], id="its author opted it out"),
    ],
)
def test_a_claim_whose_volume_is_not_there_yet_is_looked_at_again(
    classless: RawObject, settings_of: SettingsOf, labels: dict[str, str], actions: list[Any]
) -> None:
    claim = classless(volumeName="static")
    claim["metadata"]["labels"] = labels

    assert list(heal_claim(claim, settings_of(), ClassFacts(None, VolumeMissing()))) == actions


def test_a_claimed_volume_without_options_gets_them(
    raw_volume: RawObject, raw_claim: RawObject, settings_of: SettingsOf, rules: Rules
) -> None:
    claim = raw_claim({keys.MOUNT_OPTIONS: "rsize=1024"})

    action, told = heal_volume(raw_volume(), claim, settings_of(), rules.exports)

    assert isinstance(action, SetMountOptions)
    assert list(action.patch) == [
        {"op": "test", "path": "/metadata/uid", "value": "volume-uid"},
        {"op": "test", "path": "/spec/mountOptions", "value": None},
        {"op": "add", "path": "/spec/mountOptions", "value": ["nfsvers=4.1", "hard", "noatime", "rsize=1024"]},
        {"op": "test", "path": "/metadata/annotations", "value": None},
        {"op": "add", "path": "/metadata/annotations", "value": {keys.FILLED: "spec.mountOptions"}},
    ]
    assert isinstance(told, Tell)
    assert told.reason == "MountOptionsFilledIn"


def test_other_annotations_stay(
    raw_volume: RawObject, raw_claim: RawObject, settings_of: SettingsOf, rules: Rules
) -> None:
    volume = raw_volume()
    volume["metadata"]["annotations"] = {"mine": "x", keys.FILLED: "spec.x"}

    action = heal_volume(volume, raw_claim(), settings_of(), rules.exports)[0]

    assert isinstance(action, SetMountOptions)
    mark = {"op": "add", "path": "/metadata/annotations/nfs-steward.io~1filled", "value": "spec.x,spec.mountOptions"}
    assert action.patch[-1] == mark


@pytest.mark.parametrize(
    ("spec", "annotations"),
    [
        pytest.param({"mountOptions": ["ro"]}, {}, id="it has some"),
        pytest.param({}, {keys.LEGACY_MOUNT_OPTIONS_ANNOTATION: "ro"}, id="the legacy annotation has some"),
        pytest.param({}, {keys.FILLED: "spec.mountOptions"}, id="filled in before, and taken out by somebody"),
        pytest.param({"claimRef": {"namespace": "team-a", "name": "data", "uid": "former"}}, {}, id="a former claim's"),
    ],
)
def test_some_volumes_keep_what_they_have(
    raw_volume: RawObject,
    raw_claim: RawObject,
    settings_of: SettingsOf,
    rules: Rules,
    spec: dict[str, Any],
    annotations: dict[str, str],
) -> None:
    volume = raw_volume(**spec)
    volume["metadata"]["annotations"] = annotations

    assert heal_volume(volume, raw_claim(), settings_of(), rules.exports) == ()
