"""Labels that do not do what they say."""

import pytest

from controller.doctor.observed import Observed
from policy import keys
from tests.controller.doctor.objects import namespace, says, seen, told

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
