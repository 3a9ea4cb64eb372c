"""What follows from how much of a volume is used."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonpatch
import pytest

from controller.decisions.actions import MarkClaim, RecordUsage, Tell
from controller.decisions.usage.decision import (
    Due,
    UsageRules,
    decide_unmeasured,
    decide_usage,
    what_is_due,
)
from controller.export.outcomes import Measured
from controller.observed.records import claim_record, volume_record
from policy import keys

Json = dict[str, Any]
Make = Callable[..., Json]

GI = 1 << 30
NOON = datetime(2030, 1, 1, 12, 0, 0, 123, tzinfo=UTC)
RULES = UsageRules((80, 100), "readOnly", may_grow=True, contact="")


def measured(gibibytes: float, files: int = 3) -> Measured:
    return Measured(round(gibibytes * GI), files, NOON)


@pytest.fixture
def volume(raw_volume: Make) -> Json:
    """A volume of 2Gi, of which nothing is known yet."""
    return raw_volume(capacity={"storage": "2Gi"})


@pytest.fixture
def claim(raw_claim: Make) -> Json:
    """Its claim."""
    bound = raw_claim(volumeName="static")
    bound["status"] = {"phase": "Bound", "capacity": {"storage": "2Gi"}}
    return bound


Pair = tuple[Json, Json]


def applied(objects: Pair, actions: tuple[Any, ...]) -> Pair:
    """The two objects as the API server has them after these actions."""
    volume, claim = objects
    for action in actions:
        if isinstance(action, RecordUsage):
            volume = jsonpatch.apply_patch(volume, _without_null_tests(action.patch))
        elif isinstance(action, MarkClaim):
            claim = jsonpatch.apply_patch(claim, _without_null_tests(action.patch))
    return volume, claim


def _without_null_tests(patch: Any) -> list[Any]:
    """The API server takes an absent field for null; the library does not."""
    return [each for each in patch if not (each["op"] == "test" and each["value"] is None)]


def told(actions: tuple[Any, ...]) -> list[tuple[str, str]]:
    return [(each.type, each.reason) for each in actions if isinstance(each, Tell)]


def event(actions: tuple[Any, ...]) -> Tell:
    (told,) = (each for each in actions if isinstance(each, Tell))
    return told


def due(objects: Pair, figure: Measured, rules: UsageRules = RULES) -> Due:
    volume, claim = objects
    return what_is_due(volume_record(volume), claim_record(claim), figure, rules)


def after(objects: Pair, figure: Measured, rules: UsageRules = RULES) -> Pair:
    return applied(objects, decide_usage(*objects, figure, rules))


def says(claim: Json) -> tuple[str | None, str | None]:
    metadata = claim["metadata"]
    return metadata.get("annotations", {}).get(keys.USED), metadata.get("labels", {}).get(keys.OVER_QUOTA)


def test_volume_and_claim_say_how_much_is_used(volume: Json, claim: Json) -> None:
    assert due((volume, claim), measured(1.2)) is Due.FIGURES
    actions = decide_usage(volume, claim, measured(1.2), RULES)
    assert [type(each) for each in actions] == [RecordUsage, MarkClaim]

    volume, claim = applied((volume, claim), actions)

    assert volume["metadata"]["annotations"] == {
        keys.USED_BYTES: "1288490189",
        keys.USED_FILES: "3",
        keys.MEASURED_AT: "2030-01-01T12:00:00Z",
    }
    assert says(claim) == ("1.2Gi of 2Gi (60 %), 3 files", None)
    assert due((volume, claim), measured(1.2)) is Due.NOTHING
    assert decide_usage(volume, claim, measured(1.2), RULES) == ()


@pytest.mark.parametrize(
    ("over_quota", "label"),
    [("warn", None), ("readOnly", "true"), ("block", "true")],
)
def test_a_claim_over_its_size_is_marked_where_something_follows(
    volume: Json, claim: Json, over_quota: str, label: str | None
) -> None:
    rules = replace(RULES, over_quota=over_quota)
    actions = decide_usage(volume, claim, measured(2.1), rules)
    volume, claim = applied((volume, claim), actions)

    assert told(actions) == [("Warning", "OverQuota")]
    assert volume["metadata"]["annotations"][keys.OVER_QUOTA] == over_quota
    assert volume["metadata"]["annotations"][keys.USED_THRESHOLD] == "100"
    assert says(claim) == ("2.1Gi of 2Gi (105 %), 3 files", label)


def test_it_ends_by_itself_and_that_is_told_once(volume: Json, claim: Json) -> None:
    objects = after((volume, claim), measured(2.1))
    objects = after(objects, measured(1.95))
    assert says(objects[1])[1] == "true"

    actions = decide_usage(*objects, measured(1.81), RULES)
    volume, claim = applied(objects, actions)

    assert told(actions) == [("Normal", "WithinQuota")]
    assert says(claim) == ("1.8Gi of 2Gi (90 %), 3 files", None)
    assert keys.OVER_QUOTA not in volume["metadata"]["annotations"]
    assert decide_usage(volume, claim, measured(1.81), RULES) == ()


def test_a_threshold_is_told_once_with_what_to_do(volume: Json, claim: Json) -> None:
    actions = decide_usage(volume, claim, measured(1.71), RULES)
    assert event(actions).message == (
        "This claim has reached 80 % of its size: 1.7Gi of 2Gi (85 %), 3 files. Delete what is not needed, or ask for "
        "more in spec.resources.requests.storage. Beyond its size, new Pods get it read-only."
    )
    objects = applied((volume, claim), actions)
    for used in (1.62, 1.55, 1.7):
        assert told(decide_usage(*objects, measured(used), RULES)) == []
        objects = after(objects, measured(used))
    objects = after(objects, measured(1.4))
    assert told(decide_usage(*objects, measured(1.71), RULES)) == [("Warning", "UsageHigh")]


@pytest.mark.parametrize(
    ("rules", "quota", "sentences"),
    [
        pytest.param(
            replace(RULES, over_quota="block", contact="me"),
            None,
            "Delete what is not needed, or ask for more in spec.resources.requests.storage, or ask me for more. "
            "Beyond its size, no new Pod starts with it.",
            id="somebody to ask",
        ),
        pytest.param(
            replace(RULES, over_quota="warn", may_grow=False),
            None,
            "Delete what is not needed. Beyond its size, nobody is kept from writing more.",
            id="a class that does not let claims grow",
        ),
        pytest.param(
            replace(RULES, may_grow=False),
            "project",
            "Delete what is not needed. The file system has a limit at its size.",
            id="a limit of the file system",
        ),
    ],
)
def test_who_nears_the_size_learns_the_ways_out(
    volume: Json, claim: Json, rules: UsageRules, quota: str | None, sentences: str
) -> None:
    volume["metadata"]["annotations"] = {keys.HELD_BY: quota} if quota else {}
    told = event(decide_usage(volume, claim, measured(1.71), rules))
    assert told.message.endswith(f"3 files. {sentences}")


def test_who_is_over_learns_what_follows_and_how_it_ends(volume: Json, claim: Json) -> None:
    told = event(decide_usage(volume, claim, measured(2.1), replace(RULES, may_grow=False)))
    assert told.message == (
        "This claim uses more than its size: 2.1Gi of 2Gi (105 %), 3 files. New Pods get it read-only until "
        "less than 95 % is used; those that run are not disturbed. Delete what is not needed."
    )
    assert told.about.kind == "PersistentVolumeClaim"


def test_a_profile_that_changes_changes_the_label_and_that_is_told(volume: Json, claim: Json) -> None:
    warned = after((volume, claim), measured(2.1), replace(RULES, over_quota="warn"))
    assert due(warned, measured(2.1)) is Due.AT_ONCE

    actions = decide_usage(*warned, measured(2.1), RULES)
    assert told(actions) == [("Warning", "OverQuota")]
    marked = applied(warned, actions)
    assert says(marked[1])[1] == "true"

    assert says(after(marked, measured(2.1), replace(RULES, over_quota="warn"))[1])[1] is None


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda metadata: metadata["labels"].clear(), id="the label removed"),
        pytest.param(lambda metadata: metadata["labels"].update({keys.OVER_QUOTA: "no"}), id="the label changed"),
        pytest.param(lambda metadata: metadata["annotations"].update({keys.USED: "little"}), id="it says less"),
    ],
)
def test_what_somebody_else_changes_is_put_back_at_once_and_not_told_again(
    volume: Json, claim: Json, edit: Callable[[Json], object]
) -> None:
    volume, claim = after((volume, claim), measured(2.1))
    right = says(claim)
    edit(claim["metadata"])

    assert due((volume, claim), measured(2.1005)) is Due.AT_ONCE
    actions = decide_usage(volume, claim, measured(2.1), RULES)
    assert told(actions) == []
    assert says(applied((volume, claim), actions)[1]) == right


@pytest.mark.parametrize(("used", "reason"), [(2.1, "OverQuota"), (1.7, "UsageHigh")])
def test_a_claim_that_says_nothing_yet_is_told_what_its_volume_was_told_before(
    volume: Json, claim: Json, used: float, reason: str
) -> None:
    """The volume had another claim then, or the process died between the two writes."""
    recorded, _ = after((volume, claim), measured(used))
    assert due((recorded, claim), measured(used)) is Due.AT_ONCE

    actions = decide_usage(recorded, claim, measured(used), RULES)

    assert [type(each) for each in actions] == [Tell, MarkClaim]
    assert told(actions) == [("Warning", reason)]
    assert told(decide_usage(*applied((recorded, claim), actions), measured(used), RULES)) == []


def test_a_small_change_is_not_written_and_a_noticeable_one_may_wait(volume: Json, claim: Json) -> None:
    objects = after((volume, claim), measured(1.0))
    assert due(objects, measured(1.01)) is Due.NOTHING
    assert decide_usage(*objects, measured(1.01), RULES) == ()
    assert due(objects, measured(1.1)) is Due.FIGURES


def test_other_marks_stay(volume: Json, claim: Json) -> None:
    volume["metadata"]["annotations"] = {"other": "x"}
    claim["metadata"] |= {"annotations": {"other": "y"}, "labels": {"other": "z"}}
    volume, claim = after((volume, claim), measured(2.1))
    assert volume["metadata"]["annotations"]["other"] == "x"
    assert (claim["metadata"]["annotations"]["other"], claim["metadata"]["labels"]["other"]) == ("y", "z")


def test_writes_hold_only_for_what_was_seen(volume: Json, claim: Json) -> None:
    volume, claim = after((volume, claim), measured(1.0))
    record, _, mark = decide_usage(volume, claim, measured(2.1), RULES)
    tests = [(each["path"], each["value"]) for each in record.patch if each["op"] == "test"]
    assert tests[:3] == [
        ("/metadata/uid", "volume-uid"),
        ("/spec/claimRef/uid", "claim-uid"),
        ("/metadata/annotations/nfs-steward.io~1used-bytes", str(GI)),
    ]
    tests = [(each["path"], each["value"]) for each in mark.patch if each["op"] == "test"]
    assert tests == [
        ("/metadata/uid", "claim-uid"),
        ("/metadata/annotations/nfs-steward.io~1used", "1Gi of 2Gi (50 %), 3 files"),
        ("/metadata/labels", None),
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _, claim: claim["metadata"].update(uid="another"), id="another claim of the name"),
        pytest.param(lambda _, claim: claim["spec"].update(volumeName="another"), id="bound elsewhere"),
        pytest.param(lambda volume, _: volume["spec"].pop("claimRef"), id="a volume without a claim"),
        pytest.param(lambda volume, _: volume["spec"].update(capacity={"storage": "much"}), id="no readable size"),
    ],
)
def test_what_does_not_belong_together_is_left_alone(
    volume: Json, claim: Json, change: Callable[[Json, Json], object]
) -> None:
    change(volume, claim)
    assert due((volume, claim), measured(2.1)) is Due.NOTHING
    assert decide_usage(volume, claim, measured(2.1), RULES) == ()


def test_the_claim_of_a_volume_that_is_not_measured_says_nothing(volume: Json, claim: Json) -> None:
    volume, claim = after((volume, claim), measured(2.1))
    actions = decide_unmeasured(volume, claim)
    assert told(actions) == []
    volume, claim = applied((volume, claim), actions)
    assert says(claim) == (None, None)
    assert decide_unmeasured(volume, claim) == ()
