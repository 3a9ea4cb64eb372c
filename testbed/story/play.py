"""Playing the story: the same manifests applied in both namespaces at once, then watching what becomes of them.

They are applied as a beginner does it, with kubectl from files; these stay, for people to compare and to try out.
"""

import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from kube import resources
from policy import keys
from policy.shapes import text
from testbed.errors import CommandFailed
from testbed.progress import Progress, Report
from testbed.story.cases import CASES, Case
from testbed.story.fills import fills_of
from testbed.story.manifests import OTHER_CLASS, Place, as_yaml, claim, namespace, other_class
from testbed.story.observation import observe
from testbed.story.refusals import file_name, refusals
from testbed.story.rows import Half, Row
from testbed.story.snapshot import Scene, Snapshot
from testbed.story.stage import Stage
from testbed.waiting import STARTS_WITHIN, wait_for

WITHOUT: Final = "story-without"
WITH_US: Final = "story-with"
PATIENCE: Final = 240.0
"""Seconds until an ending that has not come is taken not to come: far more than it takes, for busy machines."""

_PAUSE: Final = 0.5
_WHY: Final = "Pods start one after the other on a small node, and the kubelet tries a failed mount again and again"


def play(stage: Stage, progress: Progress, patience: float = PATIENCE) -> list[Row]:
    """Play all cases in both namespaces; returns when each has ended as expected, or after `patience` seconds.

    What is returned was true of all of them at one moment. Raises `StewardError` where the story cannot even begin.
    """
    places = stage.place(WITHOUT), stage.place(WITH_US)
    with progress.step("setting the scene: another default class, and two namespaces, one of them with our label"):
        _clear_traces(stage)
        _set_scene(stage, places)
    with progress.step("applying the same manifests in both"), ThreadPoolExecutor() as both:
        without, with_us = both.map(partial(_apply, stage), places)
    with progress.step("watching what becomes of them", _WHY) as report:
        return _watch(stage, without | with_us, patience, report)


def _set_scene(stage: Stage, places: tuple[Place, Place]) -> None:
    stage.kubectl.apply(
        other_class(),
        namespace(WITHOUT, {}),
        namespace(WITH_US, {keys.INJECT: keys.INJECT_ENABLED}),
    )
    for place in places:  # Pods are refused until it is there
        wait_for("a new namespace's service account", partial(_has_service_account, stage, place), STARTS_WITHIN)
    # The plugin that fills in the default class reads the classes from a cache of its own.
    wait_for("the default class's being one", partial(_gets_default_class, stage, places[0]), STARTS_WITHIN)


def _clear_traces(stage: Stage) -> None:
    """Remove what an earlier story left on this export: its directories must not be there."""
    for name in (WITHOUT, WITH_US):
        for left in (stage.export.root / name, *stage.export.root.glob(f"{name}-*")):
            shutil.rmtree(left, ignore_errors=True)


def _has_service_account(stage: Stage, place: Place) -> bool:
    try:
        return "default" in stage.kubectl("get", "serviceaccounts", "-n", place.namespace, "-o", "name")
    except CommandFailed:
        return False


def _gets_default_class(stage: Stage, place: Place) -> bool:
    tried = stage.client.create(resources.CLAIMS, claim(place, "dry-run"), dry_run=True)
    return text(tried, "spec", "storageClassName") == OTHER_CLASS


def _apply(stage: Stage, place: Place) -> dict[tuple[str, str], str]:
    """Write and apply a namespace's manifests; what the API server said to those it refused, by namespace and case."""
    folder = stage.folder / place.namespace
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        (folder / file_name(case)).write_text(as_yaml(case.manifests(place)))
    try:
        stage.kubectl("apply", "-f", str(folder))
    except CommandFailed as problem:
        refused = refusals(problem.output, CASES)
        if not refused:
            raise
        return {(place.namespace, letter): words for letter, words in refused.items()}
    return {}


def _watch(stage: Stage, refused: Mapping[tuple[str, str], str], patience: float, report: Report) -> list[Row]:
    deadline = time.monotonic() + patience
    while True:
        rows = list(_rows(stage, stage.snapshot(refused)))
        waiting = [row.case.letter for row in rows if not row.as_expected]
        if not waiting or time.monotonic() > deadline:
            return rows
        report(f"{len(rows) - len(waiting)} of {len(rows)} cases as expected, waiting for {', '.join(waiting)}")
        time.sleep(_PAUSE)


def _rows(stage: Stage, snapshot: Snapshot) -> Iterator[Row]:
    by_webhook = stage.filled_on_creation()

    def half(case: Case, name: str) -> Half:
        scene = Scene(case, stage.place(name), snapshot)
        return Half(observe(scene, mounts=stage.proof.mounts), fills_of(scene, by_webhook))

    for case in CASES:
        yield Row(case, WITH_US, half(case, WITHOUT), half(case, WITH_US), stage.proof)
