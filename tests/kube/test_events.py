import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.events import EventRecorder, ObjectReference
from kube.occurrences import Occurrence, Occurrences, cut
from kube.resources import PODS

CLAIM = ObjectReference("v1", "PersistentVolumeClaim", "data", "web", "u1")
VOLUME = ObjectReference("v1", "PersistentVolume", "pv-1", uid="u2")
NAMESPACE = ObjectReference("v1", "Namespace", "web", uid="u3")


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds

    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recorder(client, clock):
    recorder = EventRecorder(client, "nfs-steward-controller", "pod-1", now=clock.now, clock=clock.monotonic)
    yield recorder
    recorder.stop()


def events(api):
    return {path: obj for path, obj in api.objects.items() if "/events/" in path}


def the_event(api):
    ((path, event),) = events(api).items()
    return path, event


def written(api, count=1):
    """Wait until the recorder has made so many requests."""
    return api.seen(lambda _request: True, count)


def test_an_event_says_what_happened_to_what_and_who_says_so(api, recorder):
    recorder.record(CLAIM, "Normal", "Provisioned", "made the directory web-data", "Provision")
    written(api)
    recorder.stop()
    path, event = the_event(api)
    assert path.startswith("/api/v1/namespaces/web/events/data.")
    for volatile in ("uid", "resourceVersion", "name"):
        del event["metadata"][volatile]
    assert event == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "web"},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": "data",
            "namespace": "web",
            "uid": "u1",
        },
        "type": "Normal",
        "reason": "Provisioned",
        "message": "made the directory web-data",
        "action": "Provision",
        "count": 1,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "source": {"component": "nfs-steward-controller"},
        "reportingComponent": "nfs-steward-controller",
        "reportingInstance": "pod-1",
    }


@pytest.mark.parametrize(
    ("regarding", "written_in", "involved"),
    [
        pytest.param(CLAIM, "web", "web", id="a claim: in its namespace"),
        pytest.param(NAMESPACE, "web", "web", id="a namespace: in itself, or nobody there sees it"),
        pytest.param(VOLUME, "default", None, id="another cluster-wide object: in default"),
    ],
)
def test_an_event_is_written_where_its_readers_look(api, recorder, regarding, written_in, involved):
    recorder.record(regarding, "Warning", "Odd", "…")
    written(api)
    recorder.stop()
    path, event = the_event(api)
    assert path.startswith(f"/api/v1/namespaces/{written_in}/events/")
    assert event["involvedObject"].get("namespace") == involved


def test_what_happens_again_raises_the_count_of_the_same_event(api, recorder, clock):
    for count in range(1, 4):
        recorder.record(CLAIM, "Warning", "ExportDown", "export main does not answer")
        written(api, count)
        clock.seconds += 60
    recorder.stop()
    _, event = the_event(api)
    assert event["count"] == 3
    assert (event["firstTimestamp"], event["lastTimestamp"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:02:00Z")


def test_other_words_or_another_object_are_another_event(api, recorder):
    recorder.record(CLAIM, "Warning", "ExportDown", "one")
    recorder.record(CLAIM, "Warning", "ExportDown", "two")
    recorder.record(VOLUME, "Warning", "ExportDown", "two")
    recorder.stop()
    assert len(events(api)) == 3


def test_repetitions_that_wait_are_merged_into_one_write(api, recorder):
    gate = threading.Event()
    api.fail(lambda handler: (gate.wait(10), handler.answer(201, b"{}")))
    recorder.record(VOLUME, "Normal", "First", "holds up the writer")
    written(api)
    for _ in range(5):
        recorder.record(CLAIM, "Normal", "Again", "and again")
    gate.set()
    written(api, 2)
    recorder.stop()
    assert the_event(api)[1]["count"] == 5
    assert len(api.requests) == 2


def test_an_event_that_has_ended_meanwhile_is_written_anew(api, recorder):
    recorder.record(CLAIM, "Normal", "A", "b")
    written(api)
    while not events(api):
        time.sleep(0.001)
    api.remove(the_event(api)[0])
    recorder.record(CLAIM, "Normal", "A", "b")
    written(api, 3)
    recorder.stop()
    assert the_event(api)[1]["count"] == 1


def test_one_object_that_goes_wrong_again_and_again_is_told_of_less_and_less(api, recorder, clock):
    for number in range(30):
        recorder.record(CLAIM, "Warning", "Odd", f"each time in other words: {number}")
    recorder.record(VOLUME, "Normal", "Fine", "another object is not held up")
    clock.seconds += 301
    recorder.record(CLAIM, "Warning", "Odd", "after five minutes one more")
    recorder.record(CLAIM, "Warning", "Odd", "and not two")
    recorder.stop()
    assert len(events(api)) == 25 + 1 + 1
    assert recorder.dropped == 5 + 1


def test_a_passing_failure_loses_no_event(api, recorder):
    api.fail(lambda handler: handler.answer(503, b"{}"))
    recorder.record(CLAIM, "Normal", "A", "b")
    written(api, 2)
    recorder.stop()
    assert len(events(api)) == 1
    assert recorder.dropped == 0


def test_an_event_that_is_refused_is_dropped_and_the_next_is_written(api, recorder):
    api.fail(lambda handler: handler.answer(403, {"code": 403, "reason": "Forbidden"}))
    recorder.record(CLAIM, "Normal", "Refused", "in a namespace that is ending")
    recorder.record(VOLUME, "Normal", "Next", "…")
    recorder.stop()
    assert the_event(api)[1]["reason"] == "Next"
    assert recorder.dropped == 1


def test_when_too_many_wait_the_newest_are_dropped_and_nobody_waits(api, recorder):
    gate = threading.Event()
    api.fail(lambda handler: (gate.wait(10), handler.answer(503, b"{}")))
    started = time.monotonic()
    for number in range(4196):
        recorder.record(ObjectReference("v1", "Pod", "p", "web", f"u{number}"), "Normal", "A", "b")
    assert time.monotonic() - started < 5
    assert 95 <= recorder.dropped <= 100
    recorder.stop(deadline=0)
    gate.set()


def test_after_many_at_once_there_are_ten_a_second_and_warnings_go_first(api, recorder, clock):
    for number in range(103):
        recorder.record(ObjectReference("v1", "Pod", f"p{number}", "web", f"u{number}"), "Normal", "A", "b")
    written(api, 100)
    recorder.record(CLAIM, "Warning", "Odd", "recorded last")
    clock.seconds += 0.15
    *_, latest = written(api, 101)
    assert latest.body["reason"] == "Odd"
    recorder.stop()
    assert len(events(api)) == 104


def test_stopping_writes_what_is_waiting(api, recorder):
    for number in range(20):
        recorder.record(ObjectReference("v1", "Pod", f"p{number}", "web", f"u{number}"), "Normal", "A", "b")
    recorder.stop()
    assert len(events(api)) == 20


def test_stopping_waits_no_longer_than_its_deadline(api, client):
    recorder = EventRecorder(client, "c")
    gate = threading.Event()
    api.fail(lambda _handler: gate.wait(10), times=3)
    recorder.record(CLAIM, "Normal", "A", "b")
    written(api)
    started = time.monotonic()
    recorder.stop(deadline=0.2)
    assert time.monotonic() - started < 2
    gate.set()


def test_after_the_stop_an_event_is_dropped_and_nothing_raised(api, recorder):
    recorder.stop()
    recorder.record(CLAIM, "Normal", "A", "b")
    assert api.requests == []
    assert recorder.dropped == 1


def test_a_reference_is_made_from_an_object_that_says_what_it_is(api, client):
    api.put("/api/v1/namespaces/web/pods/p", {"kind": "Pod", "apiVersion": "v1", "metadata": {"namespace": "web"}})
    (pod,) = client.list(PODS).items
    expected = ObjectReference("v1", "Pod", "p", "web", "uid-/api/v1/namespaces/web/pods/p")
    assert ObjectReference.of(pod) == expected


def test_the_name_of_an_event_fits_whatever_the_name_of_the_object(api, recorder):
    recorder.record(ObjectReference("v1", "Pod", "p" * 253, "web", "u"), "Normal", "A", "b")
    written(api)
    recorder.stop()
    assert len(the_event(api)[0].rsplit("/", 1)[1]) <= 253


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=600).map(lambda text: text * 4))
def test_a_message_is_cut_between_characters_and_only_when_it_must(message):
    short = cut(message)
    assert len(short.encode()) <= 1024
    if len(message.encode()) <= 1024:
        assert short == message
    else:
        assert short.endswith("…")
        assert message.startswith(short[:-1])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3))))
def test_merging_loses_no_occurrence(put):
    queue = Occurrences(limit=3)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for reason, count in put:
        assert queue.put(Occurrence(CLAIM, "Normal", reason, "m", "", now, now, count))
    counted: dict[str, int] = {}
    while len(queue):
        occurrence = queue.take()
        counted[occurrence.reason] = occurrence.count
    assert counted == {reason: sum(n for r, n in put if r == reason) for reason, _ in put}
