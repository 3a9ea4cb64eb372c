"""New Pods for old ones, while claims are created all the time."""

import pytest

from testbed.product.release import CLIENT_SIDE, SERVER_SIDE
from tests.cluster.installation import INERT

from .load import load_on
from .site import Site


@pytest.fixture(
    params=[pytest.param(SERVER_SIDE, id="server-side apply"), pytest.param(CLIENT_SIDE, id="client-side apply")]
)
def applied(request: pytest.FixtureRequest, shared_site: Site) -> Site:
    """nfs-steward, installed in one of the two ways in which Helm writes objects."""
    shared_site.have_installed(request.param)
    return shared_site


def test_an_upgrade_and_its_rollback_lose_no_request_and_leave_the_authority_as_it_is(
    applied: Site, inert_team: str
) -> None:
    trusted, certificate = applied.bundles(), applied.secret()["data"]
    before = applied.pod_names("webhook")
    how = applied.applying
    with load_on(applied.bed, inert_team, INERT) as load:
        applied.release.upgrade(applied.values(log={"level": "debug"}), applying=how)
        applied.wait_working()
        upgraded = applied.pod_names("webhook")
        load.wait_for_more()
        applied.release.roll_back(applying=how)
        applied.wait_working()
        load.wait_for_more()
    assert load.failures == []
    assert not before & upgraded
    assert not upgraded & applied.pod_names("webhook")
    assert applied.bundles() == trusted
    assert applied.secret()["data"] == certificate
