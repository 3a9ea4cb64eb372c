import itertools
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.errors import Forbidden, Gone, Silent, Unreachable, Unreadable
from kube.resources import NAMESPACES
from kube.watch import WatchLimits, lines

NAMESPACE = "/api/v1/namespaces/"


def names(watch):
    return [(event.type, event.object["metadata"].get("name")) for event in watch]


def test_changes_arrive_in_order_and_the_server_ends_the_watch(api, client):
    since = str(api.version)
    api.put(NAMESPACE + "a", {})
    api.put(NAMESPACE + "a", {"x": 1})
    api.remove(NAMESPACE + "a")
    api.bookmark()
    watch = client.watch(NAMESPACES, since)
    events = iter(watch)
    assert [next(events).type for _ in range(4)] == ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    api.end_watches()
    assert list(events) == []


def test_a_watch_asks_for_bookmarks_and_an_end(api, client):
    api.compact()
    watch = client.watch(NAMESPACES, "0", limits=WatchLimits(lifetime=312.4), label_selector="a=b", metadata_only=True)
    with pytest.raises(Gone):
        list(watch)
    (request,) = api.requests
    assert request.query == {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": "0",
        "timeoutSeconds": "312",
        "labelSelector": "a=b",
    }
    assert request.headers["Accept"].endswith("as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
    assert request.headers["Authorization"] == "Bearer t"


def test_a_resource_version_that_expires_while_watching_is_gone(api, client):
    since = str(api.version)
    api.put(NAMESPACE + "a", {})
    watch = iter(client.watch(NAMESPACES, since))
    assert next(watch).type == "ADDED"
    api.version += 1
    api.compact()
    with pytest.raises(Gone):
        next(watch)


def test_a_refusal_to_watch_is_raised_as_for_any_call(api, client):
    api.fail(lambda handler: handler.answer(403, {"kind": "Status", "code": 403, "reason": "Forbidden"}))
    with pytest.raises(Forbidden):
        list(client.watch(NAMESPACES, "1"))


def stream(*parts: bytes, then):
    def fault(handler):
        handler.start_stream()
        for part in parts:
            handler.chunk(part)
        then(handler)

    return fault


ADDED = b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'


def test_an_event_that_comes_in_pieces_is_one_event(api, client):
    api.fail(stream(ADDED[:9], ADDED[9:20], ADDED[20:] + ADDED, then=lambda handler: handler.chunk(b"")))
    assert names(client.watch(NAMESPACES, "1")) == [("ADDED", "a"), ("ADDED", "a")]


def test_a_line_cut_off_by_the_end_of_the_stream_is_no_event(api, client):
    api.fail(stream(ADDED, ADDED[:-1], then=lambda handler: handler.chunk(b"")))
    assert names(client.watch(NAMESPACES, "1")) == [("ADDED", "a")]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"<html>\n", id="not JSON"),
        pytest.param(b"[1]\n", id="a list"),
        pytest.param(b'{"type":"ADDED"}\n', id="no object"),
        pytest.param(b'{"type":"ADDED","object":7}\n', id="an object of another type"),
        pytest.param(b'{"type":"RENAMED","object":{}}\n', id="an unknown type"),
    ],
)
def test_a_line_that_is_no_event_is_unreadable(api, client, line):
    api.fail(stream(ADDED, line, then=lambda handler: handler.chunk(b"")))
    events = iter(client.watch(NAMESPACES, "1"))
    assert next(events).type == "ADDED"
    with pytest.raises(Unreadable):
        next(events)


def test_a_connection_that_is_reset_is_unreachable(api, client):
    api.fail(stream(ADDED, then=lambda handler: (time.sleep(0.05), handler.reset())))
    events = iter(client.watch(NAMESPACES, "1"))
    assert next(events).type == "ADDED"
    with pytest.raises(Unreachable):
        next(events)


def test_a_connection_that_ends_in_the_middle_of_a_chunk_is_unreachable(api, client):
    def cut(handler):
        handler.wfile.write(b"ff\r\n{")
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    api.fail(stream(ADDED, then=cut))
    events = iter(client.watch(NAMESPACES, "1"))
    assert next(events).type == "ADDED"
    with pytest.raises(Unreachable):
        next(events)


def test_a_server_that_falls_silent_is_told_from_one_that_is_gone(api, client):
    done = threading.Event()
    api.fail(stream(ADDED, then=lambda _handler: done.wait(10)))
    events = iter(client.watch(NAMESPACES, "1", limits=WatchLimits(silence=0.1)))
    assert next(events).type == "ADDED"
    with pytest.raises(Silent, match="timed out"):
        next(events)
    done.set()


def test_a_server_that_never_sends_its_headers_is_unreachable_after_the_time_out(api, client):
    done = threading.Event()
    api.fail(lambda _handler: done.wait(10))
    with pytest.raises(Unreachable, match="timed out"):
        list(client.watch(NAMESPACES, "1", timeout=0.1))
    done.set()


@pytest.mark.parametrize("phase", ["before the headers", "between events"])
def test_closing_from_another_thread_ends_a_silent_watch_at_once(api, client, phase):
    done = threading.Event()
    silent = lambda _handler: done.wait(30)  # noqa: E731 - it reads better beside its use
    api.fail(silent if phase == "before the headers" else stream(then=silent))
    watch = client.watch(NAMESPACES, "1", timeout=30)
    ended = threading.Event()
    threading.Thread(target=lambda: (list(watch), ended.set()), daemon=True).start()
    api.seen(lambda request: request.watches)
    time.sleep(0.05)  # the reader is inside its read by now; were it not, the test would pass all the same
    watch.close()
    assert ended.wait(20)
    done.set()


def test_a_watch_closed_before_its_start_gives_nothing(api, client):
    watch = client.watch(NAMESPACES, "1")
    watch.close()
    assert list(watch) == []
    assert api.requests == []


@given(st.lists(st.binary(max_size=20).filter(lambda line: line and b"\n" not in line)), st.data())
def test_lines_come_out_whole_however_the_stream_is_cut(written, data):
    stream = b"".join(line + b"\n" for line in written)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[start:end] for start, end in itertools.pairwise(edges)]
    assert list(lines(chunks)) == written
