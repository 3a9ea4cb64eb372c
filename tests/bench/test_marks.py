"""What the webhooks with and without marks are given."""

import orjson

from bench.admission import Kind, captured, namespace_names
from bench.arena import POLICY
from bench.marks import acting_policy, pods_with
from policy.load import load_policy


def test_the_pod_has_the_claim_where_it_had_an_empty_directory_and_is_the_same_otherwise() -> None:
    (body,) = pods_with("reports", namespace_names(1))
    volumes = orjson.loads(body)["request"]["object"]["spec"]["volumes"]
    before = captured(Kind.PLAIN_POD)["request"]["object"]["spec"]["volumes"]
    changed = [(now, then) for now, then in zip(volumes, before, strict=True) if now != then]
    assert changed == [
        ({"name": "data", "persistentVolumeClaim": {"claimName": "reports"}}, {"name": "data", "emptyDir": {}})
    ]


def test_the_policies_differ_in_nothing_but_what_they_make_of_claims_over_their_size() -> None:
    usual = load_policy(POLICY.read_text(), "usual")
    acting = load_policy(acting_policy(POLICY.read_text()), "acting")
    assert [profile.over_quota for profile in acting.profiles] == ["readOnly"] * len(usual.profiles)
    back = tuple(profile.model_copy(update={"over_quota": "warn"}) for profile in acting.profiles)
    assert acting.model_copy(update={"profiles": back}) == usual
