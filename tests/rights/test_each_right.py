"""No right is superfluous: each is taken away in turn, and something fails for want of it."""

from collections.abc import Mapping

import pytest
from _pytest.mark import ParameterSet

from policy import keys
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from . import needs
from .asked import Right
from .needs import MUTATING, VALIDATING, Provoke, begun, led, told_twice, touched, unpublished
from .world import NAMESPACE, RELEASE, TLS, World


def watched(account: str, *kinds: str) -> dict[Right, Provoke]:
    """What a program lists and watches from its start on."""
    return {Right(account, verb, kind): begun(account) for kind in kinds for verb in ("list", "watch")}


AFTERWARDS: Mapping[Right, Provoke] = {
    Right("webhook", "get", "namespaces"): needs.unknown_namespace,
    Right("webhook", "get", "persistentvolumes"): needs.claim_of_a_volume,
    Right("webhook", "get", "persistentvolumeclaims"): needs.volume_for_a_claim,
    Right("cluster", "get", "namespaces"): needs.stray_gate,
    Right("cluster", "patch", "pods"): needs.stray_gate,
    Right("cluster", "get", "persistentvolumeclaims"): needs.claim_without_class,
    Right("cluster", "patch", "persistentvolumeclaims"): needs.claim_without_class,
    Right("cluster", "get", "persistentvolumes"): needs.volume_without_options,
    Right("cluster", "patch", "persistentvolumes"): needs.volume_without_options,
    Right("cluster", "create", "events"): needs.claim_without_class,
    Right("cluster", "patch", "events"): told_twice("cluster"),
    Right("export", "get", "persistentvolumeclaims"): needs.claim_to_provision,
    Right("export", "create", "persistentvolumes"): needs.claim_to_provision,
    Right("export", "get", "persistentvolumes"): needs.claim_that_grows,
    Right("export", "patch", "persistentvolumes"): needs.claim_that_grows,
    Right("export", "patch", "persistentvolumeclaims/status"): needs.claim_that_grows,
    Right("export", "patch", "persistentvolumeclaims"): needs.claim_to_provision,
    Right("export", "delete", "persistentvolumes"): needs.volume_at_its_end,
    Right("export", "list", "referencegrants"): needs.claim_of_data_elsewhere,
    Right("export", "create", "events"): needs.claim_to_provision,
    Right("export", "patch", "events"): told_twice("export"),
    Right("export", "patch", "pods"): needs.waiting_pod,
    Right("cluster", "get", "secrets"): touched(needs.SECRETS, TLS, NAMESPACE),
    Right("cluster", "get", "mutatingwebhookconfigurations"): touched(MUTATING, RELEASE),
    Right("cluster", "get", "validatingwebhookconfigurations"): touched(VALIDATING, RELEASE),
    Right("cluster", "patch", "secrets"): needs.secret_damaged,
    Right("cluster", "create", "secrets"): needs.secret_gone,
    Right("cluster", "patch", "mutatingwebhookconfigurations"): unpublished(MUTATING),
    Right("cluster", "patch", "validatingwebhookconfigurations"): unpublished(VALIDATING),
    Right("cluster", "create", "configmaps"): needs.without_ledger(needs.namespace_without_gid),
    Right("cluster", "patch", "configmaps"): needs.with_ledger(needs.namespace_without_gid),
    Right("export", "create", "configmaps"): needs.without_ledger(needs.claim_without_gid),
    Right("export", "patch", "configmaps"): needs.with_ledger(needs.claim_without_gid),
    Right("cluster", "create", "resourcequotas"): needs.limit(keys.QUOTA),
    Right("cluster", "update", "resourcequotas"): needs.limit_again(keys.QUOTA),
    Right("cluster", "delete", "resourcequotas"): needs.limit_no_more(keys.QUOTA),
    Right("cluster", "create", "limitranges"): needs.limit(keys.MAX_CLAIM),
    Right("cluster", "update", "limitranges"): needs.limit_again(keys.MAX_CLAIM),
    Right("cluster", "delete", "limitranges"): needs.limit_no_more(keys.MAX_CLAIM),
    Right("cluster", "update", "leases"): needs.nothing_at_all,
    Right("export", "update", "leases"): needs.nothing_at_all,
}
"""Needed by programs that have long been at work."""

AT_ONCE: Mapping[Right, Provoke] = {
    **watched("webhook", "namespaces", "storageclasses", "csidrivers", "configmaps"),
    **watched("webhook", "resourcequotas", "persistentvolumeclaims"),
    **watched("export", "namespaces", "storageclasses", "persistentvolumeclaims", "persistentvolumes", "pods"),
    **watched("export", "configmaps"),
    Right("export", "get", "pods"): needs.unseen_pod,
    Right("export", "get", "leases"): led("export"),
    Right("export", "create", "leases"): led("export"),
    **watched("cluster", "namespaces", "storageclasses", "persistentvolumeclaims", "persistentvolumes", "pods"),
    **watched("cluster", "configmaps", "leases", "limitranges", "resourcequotas"),
    **watched("cluster", "secrets", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    Right("cluster", "get", "leases"): led("cluster"),
    Right("cluster", "create", "leases"): led("cluster"),
    Right("uninstall", "delete", "mutatingwebhookconfigurations"): needs.uninstalled,
    Right("uninstall", "delete", "validatingwebhookconfigurations"): needs.uninstalled,
    Right("uninstall", "list", "deployments"): needs.uninstalled,
    Right("uninstall", "delete", "deployments"): needs.uninstalled,
    Right("uninstall", "list", "pods"): needs.uninstalled,
    Right("uninstall", "patch", "pods"): needs.uninstalled,
    Right("uninstall", "list", "persistentvolumes"): needs.uninstalled,
    Right("uninstall", "patch", "persistentvolumes"): needs.uninstalled,
    Right("uninstall", "list", "resourcequotas"): needs.uninstalled,
    Right("uninstall", "delete", "resourcequotas"): needs.uninstalled,
    Right("uninstall", "list", "limitranges"): needs.uninstalled,
    Right("uninstall", "delete", "limitranges"): needs.uninstalled,
    Right("uninstall", "delete", "jobs"): needs.uninstalled,
    Right("uninstall", "delete", "pods"): needs.uninstalled,
    Right("uninstall", "delete", "secrets"): needs.uninstalled,
    Right("test", "create", "persistentvolumeclaims"): needs.tested,
}
"""Needed by programs that begin."""


def rows(needs: Mapping[Right, Provoke]) -> list[ParameterSet]:
    return [pytest.param(right, provoke, id=str(right)) for right, provoke in needs.items()]


@pytest.mark.parametrize(("right", "provoke"), rows(AFTERWARDS))
def test_without_this_right_something_fails_at_work(world: World, right: Right, provoke: Provoke) -> None:
    world.settle()
    assert_needed(world, right, provoke)


@pytest.mark.parametrize(("right", "provoke"), rows(AT_ONCE))
def test_without_this_right_something_fails_at_once(world: World, right: Right, provoke: Provoke) -> None:
    assert_needed(world, right, provoke)


def assert_needed(world: World, right: Right, provoke: Provoke) -> None:
    """Take the right away, and see the API server refuse just that, and nothing else, for want of it."""
    with world.grants.without(right):
        mark = world.log.mark()
        with world.guests():
            provoke(world)
            wait_for(f"{right} to be refused", lambda: right in world.log.refused(mark), WITHIN)
        assert world.log.refused(mark) == {right}


def test_every_right_in_the_chart_is_in_these_tables(world: World) -> None:
    assert world.grants.rights() == {*AFTERWARDS, *AT_ONCE}
