"""One line for each decision, in the form of all other lines."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy.shapes import Json
from runtime.logs import JsonFormatter
from webhook.admission import Admission
from webhook.cluster import StillCluster
from webhook.decisionlog import DecisionLog

from .objects import claim, nfs, pod, review, whole_claim


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    """The file that lines are written to."""
    return tmp_path / "log"


@pytest.fixture
def log(written: Path) -> Iterator[DecisionLog]:
    fd = os.open(written, os.O_CREAT | os.O_WRONLY)
    yield DecisionLog(fd)
    os.close(fd)


def lines(place: Path) -> list[Json]:
    return [json.loads(line) for line in place.read_text().splitlines()]


def test_a_decision_is_one_line(cluster: StillCluster, log: DecisionLog, written: Path) -> None:
    Admission(cluster, [log.reviewed]).respond("mutate", review(whole_claim()))
    [line] = lines(written)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "webhook.decisionlog",
        "message": "review answered",
        "side": "mutate",
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": "PersistentVolumeClaim",
        "namespace": "team-a",
        "name": "data",
        "profile": "default",
        "outcome": "patched",
        "filled": {
            "spec.storageClassName": "profile default",
            "metadata.annotations[nfs-steward.io/effective-mount-options]": "profile default",
        },
    }


def test_it_has_the_form_of_all_other_lines(
    cluster: StillCluster, log: DecisionLog, written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Admission(cluster, [log.reviewed, DecisionLog().reviewed]).respond("mutate", review(whole_claim()))
    [record] = caplog.records
    by_logging, by_us = json.loads(JsonFormatter().format(record)), lines(written)[0]
    assert len(by_us["time"]) == len(by_logging["time"])
    assert by_us | {"time": ""} == by_logging | {"time": ""}


def test_a_failure_is_an_error_with_its_cause(
    cluster: StillCluster, log: DecisionLog, written: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Admission(cluster, [log.reviewed]).respond("mutate", review(claim(), object=None))
    assert lines(written) == []
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "request.object" in record.__dict__["keys"]["error"]


@pytest.mark.parametrize("name", [None, "x" * 100_000, 7, {}], ids=["none", "long", "number", "object"])
def test_a_name_can_be_anything(cluster: StillCluster, log: DecisionLog, written: Path, name: object) -> None:
    Admission(cluster, [log.reviewed]).respond("mutate", review(pod(nfs()), name=name))
    [line] = lines(written)
    assert line["name"] is None or len(line["name"]) == 253
