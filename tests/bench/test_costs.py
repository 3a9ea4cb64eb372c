"""Timing the steps of a review."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from bench.admission import Kind, namespace_names, reviews
from bench.costs import call, shortest, steps
from bench.peers.null.__main__ import create_app
from runtime.metrics import shared_metrics
from webhook.metrics import ReviewMetrics


def test_the_null_view_allows_everything_by_its_uid() -> None:
    (review,) = reviews(Kind.PLAIN_POD, namespace_names(1))
    answer = orjson.loads(call(create_app(), review))
    assert answer["response"] == {"uid": orjson.loads(review)["request"]["uid"], "allowed": True}


@pytest.mark.parametrize("kind", list(Kind))
def test_the_webhook_answers_the_same_in_front_of_flask_and_as_a_view(kind: Kind) -> None:
    (review,) = reviews(kind, namespace_names(1))
    with Path(os.devnull).open("wb") as log, shared_metrics() as shared:
        timed = steps(ReviewMetrics(shared.registry), log.fileno())
        in_front = timed["and HTTP: the webhook's endpoint"](review)
        assert in_front == timed["the same as a Flask view"](review)
        assert isinstance(in_front, bytes)
        assert ("patch" in orjson.loads(in_front)["response"]) == (kind != Kind.PLAIN_POD)


def test_a_step_that_is_held_up_once_keeps_its_shortest_time() -> None:
    def held_up_once(pauses: list[float]) -> Callable[[bytes], object]:
        return lambda _: time.sleep(pauses.pop() if pauses else 0)

    times = shortest({"step": held_up_once([0.2])}, [b""] * 40, passes=2)
    assert 0 < times["step"] < 0.05
