"""Labels that do not do what they say."""

import pytest

from controller.doctor.checks.namespaces import labels_in_vain
from controller.doctor.observed import Observed
from policy import keys
from tests.controller.doctor.objects import namespace, policy, says, seen, told

ENABLED = namespace()
TRUE = {"metadata": {"name": "team", "labels": {keys.INJECT: "true"}}}
PLAIN = {"metadata": {"name": "team"}}


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("namespace-label", seen(namespaces=(namespace(quota="5Gi"),)), [], id="a quota that can be read"),
        pytest.param(
            "namespace-label",
            seen(namespaces=(namespace(quota="lots"),)),
            ["namespace team: Label nfs-steward.io/quota: 'lots' is ignored"],
            id="a quota that cannot",
        ),
        pytest.param(
            "namespace-label",
            seen(namespaces=(namespace(profile="gone"),)),
            ["'gone' is ignored"],
            id="no such profile",
        ),
        pytest.param(
            "namespace-label",
            seen(namespaces=(namespace(profile="silent", quota="5Gi"),)),
            ["'5Gi' is for no class, since neither profile silent nor a label names one"],
            id="a quota for no class",
        ),
        pytest.param(
            "namespace-label",
            seen(namespaces=(namespace(quota="5Gi"),), policy=policy("{profiles: [{name: default}], limits: false}")),
            ["'5Gi' is ignored: the policy switches limits off"],
            id="a quota that is switched off",
        ),
        pytest.param("namespace-not-opted-in", seen(namespaces=(ENABLED, PLAIN)), [], id="opted in, or not"),
        pytest.param("namespace-not-opted-in", seen(namespaces=(TRUE,)), ["has no effect"], id="another value"),
        pytest.param(
            "namespace-not-opted-in",
            seen(namespaces=(namespace("kube-system"),)),
            ["namespace kube-system: Its label"],
            id="a namespace of the cluster's own",
        ),
    ],
)
def test_namespaces(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)


@pytest.mark.parametrize(
    ("labels", "of_profile"),
    [
        pytest.param({"quota": "lots"}, True, id="cannot be read"),
        pytest.param({"quota": "5Gi", "profile": "silent"}, False, id="a quota for no class"),
        pytest.param({"min-claim": "2Gi", "max-claim": "1Gi"}, False, id="sizes that contradict each other"),
    ],
)
def test_only_in_place_of_a_label_that_cannot_be_read_the_profile_s_value_holds(
    labels: dict[str, str], of_profile: bool
) -> None:
    (found,) = labels_in_vain(seen(namespaces=(namespace(**labels),)))
    assert ("holds instead" in found.why) is of_profile
