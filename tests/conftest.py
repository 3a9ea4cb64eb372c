"""What all tests share: no test is skipped in silence, and one testbed serves all tests that need one."""

import os
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from testbed.bed import Testbed
from testbed.errors import PartUnavailable
from testbed.parts import TestbedOptions

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the testbed, by the fixtures it asks for."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "testbed" in fixtures:
            item.add_marker(pytest.mark.cluster)
        if "node" in fixtures:
            item.add_marker(pytest.mark.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL=1 a skip is a failure."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and REQUIRE_ALL=1 forbids that: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def testbed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Testbed]:
    """A control plane, an export and a node, for the whole session. Skips where there can be no control plane."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    folder = tmp_path_factory.mktemp("testbed", numbered=False)
    try:
        with capture.global_and_fixture_disabled():
            bed = Testbed.up(folder, TestbedOptions(require_all=REQUIRE_ALL))
    except PartUnavailable as problem:
        pytest.skip(str(problem))
    yield bed
    bed.down()
