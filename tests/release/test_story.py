"""The six cases of the story, with nfs-steward as Helm installs it: what each comes to without us, and with us."""

import pytest

from testbed.progress import Progress
from testbed.story.cases import CASES, Case
from testbed.story.manifests import OTHER_CLASS
from testbed.story.play import play
from testbed.story.rows import Row
from testbed.story.theatre import stage_on

from .site import Site


@pytest.fixture(scope="module")
def rows(shared_site: Site) -> dict[str, Row]:
    """All cases, played."""
    shared_site.have_installed()
    stage = stage_on(shared_site.bed, strict=True)
    played = play(stage, Progress())
    # It is the cluster's default class, which other tests count on not being there.
    stage.kubectl("delete", "storageclass", OTHER_CLASS)
    return {row.case.letter: row for row in played}


@pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for case in CASES])
def test_the_case_ends_as_the_story_tells(rows: dict[str, Row], case: Case) -> None:
    row = rows[case.letter]
    assert row.ok, row.as_json()
