"""What `nfs-steward doctor` says on the server, of exports as tutorials set them up and as they should be."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from testbed.nfs_server.exports import ServedExport
from testbed.nfs_server.processes import User
from testbed.nfs_server.server import LOOPBACK

from .site import Site
from .ways import CLOSED, OWNED, SIZED, SIZED_EXT4, SIZED_XFS, SQUASHED, TRUSTED

CARELESS = ServedExport("/nfs/careless", options="rw,no_root_squash,async")
"""A tutorial's, made faster."""


@dataclass(frozen=True, slots=True)
class Told:
    """The findings: each one's check, where it is, and what is said."""

    rows: Sequence[tuple[str, str, str]]

    def checks(self, where: str) -> set[str]:
        """What is found where the place's name holds this."""
        return {check for check, place, _ in self.rows if where in place}

    def what(self, check: str, where: str) -> str:
        """All that a check says of it, line by line."""
        return "\n".join(what for found, place, what in self.rows if found == check and where in place)


def examined(site: Site, *arguments: str, user: User | None = None) -> Told:
    """What doctor finds in the guest."""
    said = site.product.run("doctor", "-ojson", *arguments, user=user, timeout=300)
    findings = json.loads(said.output)["findings"]
    return Told([(each["check"], each["where"], each["what"]) for each in findings])


@pytest.fixture(scope="module")
def of_a_tutorial(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """An export with everything that beginners do, under a policy that has no need of it, and the server's table."""
    site.server.serve(CARELESS)
    policy = tmp_path_factory.mktemp("doctor") / "careless.yaml"
    export = {"name": "careless", "server": LOOPBACK, "path": CARELESS.root}
    policy.write_text(json.dumps({"exports": [export], "profiles": [{"name": "default"}]}))
    place = site.server.mount(CARELESS.root, "/mnt/careless")
    return examined(site, f"--policy={site.product.shared(policy)}", f"--export=careless={place}")


@pytest.fixture(scope="module")
def of_ours(site: Site) -> Told:
    """The exports of the installation, by its own policy, as their controllers see them."""
    mounted = [f"--export={way.name}={site.place(way)}" for way in (TRUSTED, SQUASHED, CLOSED)]
    return examined(site, *mounted)


@pytest.fixture(scope="module")
def of_the_owner(site: Site) -> Told:
    """The one that is to be, as its controller sees it."""
    return examined(site, f"--export={OWNED.name}={site.place(OWNED)}", user=OWNED.user)


@pytest.fixture(scope="module")
def of_root_let_in(site: Site, of_ours: Told) -> Iterator[Told]:
    """The same exports, where those that hold claims to their sizes let root be root."""
    assert of_ours.rows
    for way in SIZED:
        site.server.serve_otherwise(replace(way.served, options="rw,no_root_squash,sync"))
    yield examined(site)
    for way in SIZED:
        site.server.serve_otherwise(way.served)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        pytest.param("exports-everybody-writes", f"{CARELESS.root} is exported to everybody (*), to write.", id="*"),
        pytest.param("exports-no-root-squash", "no_root_squash for *.", id="no_root_squash"),
        pytest.param("exports-async", "async for *.", id="async"),
    ],
)
def test_a_tutorial_s_line_of_the_table_has_its_rows(of_a_tutorial: Told, check: str, said: str) -> None:
    assert said in of_a_tutorial.what(check, "/etc/exports:").splitlines()


def test_a_tutorial_s_folder_is_open_to_all_and_its_root_is_everybody_s(of_a_tutorial: Told) -> None:
    assert {"root-open-to-all", "no-root-squash"} <= of_a_tutorial.checks("careless")
    assert "mode 0777" in of_a_tutorial.what("root-open-to-all", "careless")


def test_whoever_gives_directories_away_is_not_told_that_root_is_root(of_ours: Told) -> None:
    assert "no-root-squash" not in of_ours.checks(TRUSTED.name)
    assert "ownership-not-given" not in of_ours.checks(TRUSTED.name)


def test_root_that_is_nobody_is_told_what_it_cannot_give(of_ours: Told) -> None:
    assert "a gid for each namespace" in of_ours.what("ownership-not-given", SQUASHED.name)
    assert "root_squash" in of_ours.what("ownership-not-given", SQUASHED.name)


def test_root_that_is_nobody_and_may_write_nothing_is_told_so(of_ours: Told) -> None:
    assert "whom a server with root_squash takes for nobody" in of_ours.what("export-not-writable", CLOSED.name)


def test_the_owner_of_an_export_is_told_what_it_cannot_give_and_of_nothing_that_is_wrong_with_its_folder(
    of_the_owner: Told,
) -> None:
    assert "ownership-not-given" in of_the_owner.checks(OWNED.name)
    assert not {"root-owner", "root-open-to-all", "export-not-writable"} & of_the_owner.checks(f"export {OWNED.name}")


def test_root_that_may_write_more_than_limits_on_ext4_alone_is_told(of_root_let_in: Told) -> None:
    said = of_root_let_in.what("root-escapes-limits", "/etc/exports:")
    assert "no_root_squash, and class" in said
    assert SIZED_EXT4.plain_class in said
    assert SIZED_XFS.plain_class not in said


def test_where_root_is_nobody_limits_hold_for_it_too(of_ours: Told) -> None:
    assert "root-escapes-limits" not in {check for check, _, _ in of_ours.rows}
