import contextlib
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kube.client import Client
from kube.credentials import Access
from kube.informer import Change, Informer, InformerTimes, Key
from kube.resources import CLAIMS, NAMESPACES
from kube.transport import Transport
from tests.waiting import WITHIN, eventually

FAST = InformerTimes(retry=0.005, slowest=0.02, brief=0.0, silence=30)
NAMESPACE = "/api/v1/namespaces/"
GARBAGE = b"<html>\n"


def watches(request):
    return request.watches


def lists(request):
    return not request.watches


def tier(obj):
    return obj["metadata"].get("labels", {}).get("tier", "none")


def labelled(value):
    return {"metadata": {"labels": {"tier": value}}}


class Listener:
    """Believes what it is told, and checks that each change fits what it believed."""

    def __init__(self):
        self.believed = {}
        self.changes: list[Change] = []
        self.heard = threading.Condition()

    def __call__(self, change):
        with self.heard:
            assert self.believed.get(change.key) == change.old
            if change.new is None:
                del self.believed[change.key]
            else:
                self.believed[change.key] = change.new
            self.changes.append(change)
            self.heard.notify_all()

    def wait_for(self, believed):
        wanted = {Key(None, name): value for name, value in believed.items()}
        with self.heard:
            assert self.heard.wait_for(lambda: self.believed == wanted, 10), (self.believed, wanted)


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def informer(client, listener):
    """Keeps the label `tier` of namespaces; not yet started."""
    informer = Informer(client, NAMESPACES, tier, on_change=listener, times=FAST)
    yield informer
    informer.stop()


def test_it_is_synced_once_it_has_listed_and_not_before(api, informer):
    api.put(NAMESPACE + "a", labelled("gold"))
    assert not informer.synced
    assert informer.last_contact is None
    informer.start()
    assert informer.wait_synced(10)
    assert informer.get("a") == "gold"
    assert informer.get("b") is None
    assert informer.last_contact < 10


def test_it_is_synced_only_when_the_listener_has_heard_of_all_there_is(api, client):
    api.put(NAMESPACE + "a", labelled("gold"))
    heard, go_on = threading.Event(), threading.Event()

    def slow(_change):
        heard.set()
        go_on.wait(10)

    informer = Informer(client, NAMESPACES, tier, on_change=slow, times=FAST)
    informer.start()
    assert heard.wait(10)
    assert not informer.synced
    go_on.set()
    assert informer.wait_synced(10)
    informer.stop()


def test_an_empty_collection_is_synced_too(informer):
    informer.start()
    assert informer.wait_synced(10)
    assert informer.items() == []


def test_changes_reach_the_picture_and_then_the_listener(api, informer, listener):
    informer.start()
    api.put(NAMESPACE + "a", labelled("gold"))
    listener.wait_for({"a": "gold"})
    api.put(NAMESPACE + "a", labelled("silver"))
    listener.wait_for({"a": "silver"})
    assert informer.get("a") == "silver"
    api.remove(NAMESPACE + "a")
    listener.wait_for({})
    assert [change.kind for change in listener.changes] == ["added", "changed", "removed"]
    assert informer.items() == []


def test_what_does_not_change_what_is_kept_is_no_change(api, informer, listener):
    informer.start()
    api.put(NAMESPACE + "a", labelled("gold"))
    api.put(NAMESPACE + "a", {**labelled("gold"), "spec": {"finalizers": []}})
    api.put(NAMESPACE + "b", labelled("gold"))
    listener.wait_for({"a": "gold", "b": "gold"})
    assert len(listener.changes) == 2


def test_namespaced_objects_are_found_by_namespace_and_name(api, client):
    api.put(NAMESPACE + "web/persistentvolumeclaims/a", {"metadata": {"namespace": "web"}})
    informer = Informer(client, CLAIMS, lambda obj: obj["metadata"]["name"])
    informer.start()
    assert informer.wait_synced(10)
    assert informer.get("a", "web") == "a"
    assert informer.get("a", "shop") is None
    informer.stop()


def test_objects_that_keep_leaves_out_are_not_kept_and_one_that_raises_neither(api, client):
    def keep(obj):
        if obj["metadata"]["name"] == "broken":
            raise ValueError("as some object will one day")
        return tier(obj) if tier(obj) != "none" else None

    for name, value in {"broken": "gold", "plain": "none", "good": "gold"}.items():
        api.put(NAMESPACE + name, labelled(value))
    informer = Informer(client, NAMESPACES, keep, times=FAST)
    informer.start()
    assert informer.wait_synced(10)
    assert informer.items() == ["gold"]
    informer.stop()


def test_an_object_that_is_no_longer_kept_is_removed(api, client, listener):
    informer = Informer(
        client, NAMESPACES, lambda obj: {"none": None}.get(tier(obj), 1), on_change=listener, times=FAST
    )
    informer.start()
    api.put(NAMESPACE + "a", labelled("gold"))
    listener.wait_for({"a": 1})
    api.put(NAMESPACE + "a", labelled("none"))
    listener.wait_for({})
    informer.stop()


def test_a_listener_that_raises_stops_nothing(api, client):
    def fail(_change):
        raise ValueError("as some listener will one day")

    informer = Informer(client, NAMESPACES, tier, on_change=fail, times=FAST)
    informer.start()
    assert informer.wait_synced(10)
    for name in "ab":
        api.put(NAMESPACE + name, labelled("gold"))
    eventually(lambda: len(informer.items()) == 2)
    informer.stop()


def test_after_an_orderly_end_the_watch_resumes_where_it_was_without_a_list(api, informer, listener):
    informer.start()
    api.watched()
    api.put(NAMESPACE + "a", labelled("gold"))
    listener.wait_for({"a": "gold"})
    reached = str(api.version)
    api.end_watches()
    _, resumed = api.seen(watches, count=2)
    assert resumed.query["resourceVersion"] == reached
    assert len(api.seen(lists)) == 1


def test_a_bookmark_moves_the_place_to_resume_from(api, informer):
    informer.start()
    api.watched()
    api.bookmark()
    reached = str(api.version)
    eventually(lambda: informer._reflector._version == reached)
    api.end_watches()
    assert api.seen(watches, count=2)[1].query["resourceVersion"] == reached


def test_an_expired_version_leads_to_a_list_whose_differences_are_told(api, informer, listener):
    for name in "abc":
        api.put(NAMESPACE + name, labelled("gold"))
    informer.start()
    listener.wait_for(dict.fromkeys("abc", "gold"))
    told = len(listener.changes)
    api.fail(lambda handler: handler.answer(503, b"down"), when=watches, times=3)
    api.end_watches()
    api.remove(NAMESPACE + "a")
    api.put(NAMESPACE + "b", labelled("silver"))
    api.put(NAMESPACE + "d", labelled("gold"))
    api.compact()
    listener.wait_for({"b": "silver", "c": "gold", "d": "gold"})
    kinds = sorted((change.kind, change.key.name) for change in listener.changes[told:])
    assert kinds == [("added", "d"), ("changed", "b"), ("removed", "a")]


def test_a_list_that_expires_between_two_pages_is_read_again_whole(api, client):
    def paged(request):
        return "continue" in request.query

    for number in range(1200):
        api.put(f"{NAMESPACE}n{number}", {})
    api.fail(lambda handler: handler.answer(410, {"code": 410, "reason": "Expired"}), when=paged)
    informer = Informer(client, NAMESPACES, tier, times=FAST)
    informer.start()
    assert informer.wait_synced(20)
    assert len(informer.items()) == 1200
    first, second, whole = api.seen(lists, count=3)
    assert (first.query["limit"], "continue" in second.query, "limit" in whole.query) == ("500", True, False)
    informer.stop()


def test_a_server_that_asks_for_patience_gets_it(api, informer):
    api.fail(lambda handler: handler.answer(429, b"{}", {"Retry-After": "1"}))
    started = time.monotonic()
    informer.start()
    assert informer.wait_synced(10)
    assert time.monotonic() - started >= 1


def test_a_failure_is_shown_until_the_server_is_heard_again(api, informer):
    api.fail(lambda handler: handler.answer(503, b"not now"), times=5)
    informer.start()
    eventually(lambda: informer.failure is not None)
    assert informer.wait_synced(10)
    eventually(lambda: informer.failure is None)


def test_a_silent_connection_is_given_up_and_the_collection_listed_again(api, client, listener):
    done = threading.Event()
    api.fail(lambda handler: (handler.start_stream(), done.wait(10)), when=watches)
    times = InformerTimes(retry=0.005, slowest=0.02, silence=0.1)
    informer = Informer(client, NAMESPACES, tier, on_change=listener, times=times)
    informer.start()
    api.seen(watches)
    api.put(NAMESPACE + "a", labelled("gold"))
    listener.wait_for({"a": "gold"})
    assert len(api.seen(lists)) == 2
    done.set()
    informer.stop()


def test_watches_that_end_at_once_are_not_asked_for_again_and_again(api, client):
    api.fail(lambda handler: (handler.start_stream(), handler.end_stream()), when=watches, times=1000)
    informer = Informer(client, NAMESPACES, tier, times=InformerTimes(retry=0.1, slowest=10, brief=1))
    informer.start()
    assert informer.wait_synced(10)
    time.sleep(0.35)
    informer.stop()
    assert len(api.seen(watches)) <= 3


def test_each_watch_lasts_a_time_of_its_own(api, informer):
    informer.start()
    for count in range(1, 6):
        api.watched(count)
        api.end_watches()
    lifetimes = {request.query["timeoutSeconds"] for request in api.seen(watches, 5)}
    assert len(lifetimes) > 1
    assert all(300 <= int(lifetime) <= 600 for lifetime in lifetimes)


def test_selectors_and_metadata_alone_are_asked_for_in_list_and_watch(api, client):
    selection = {"label_selector": "a=b", "field_selector": "spec.nodeName=", "metadata_only": True}
    informer = Informer(client, CLAIMS, tier, namespace="web", times=FAST, **selection)
    informer.start()
    api.seen(watches)
    for request in api.requests:
        assert request.path == "/api/v1/namespaces/web/persistentvolumeclaims"
        assert request.query["labelSelector"] == "a=b"
        assert request.query["fieldSelector"] == "spec.nodeName="
        assert "PartialObjectMetadata" in request.headers["Accept"]
    informer.stop()


def test_stopping_ends_a_watch_at_once_and_leaves_the_picture(api, informer):
    api.put(NAMESPACE + "a", labelled("gold"))
    informer.start()
    api.seen(watches)
    started = time.monotonic()
    informer.stop()
    assert time.monotonic() - started < 2
    assert informer.get("a") == "gold"


def test_stopping_one_that_was_never_started_is_no_error(client):
    Informer(client, NAMESPACES, tier).stop()


def test_a_listener_may_stop_the_informer_it_listens_to(api, client):
    stopped = threading.Event()
    informer = Informer(
        client, NAMESPACES, tier, on_change=lambda _change: (informer.stop(), stopped.set()), times=FAST
    )
    informer.start()
    api.put(NAMESPACE + "a", {})
    assert stopped.wait(WITHIN)


NAMES = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("put"), NAMES, st.sampled_from(["gold", "silver"])),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("bookmark")),
    st.tuples(st.just("compact")),
    st.tuples(st.just("end"), st.sampled_from(["orderly", "reset", "garbage", "half an event", "in a chunk"])),
    st.tuples(st.just("fail"), st.sampled_from([410, 429, 500, 503])),
    st.tuples(st.just("pause")),
)


def half_an_event(handler):
    handler.chunk(b'{"type":"DELETED","object":{"metadata":{"na')
    handler.end_stream()


def in_a_chunk(handler):
    handler.wfile.write(b'40\r\n{"type":"DELE')
    handler.reset()


ENDINGS = {
    "orderly": lambda handler: handler.end_stream(),
    "reset": lambda handler: handler.reset(),
    "garbage": lambda handler: (handler.chunk(GARBAGE), handler.end_stream()),
    "half an event": half_an_event,
    "in a chunk": in_a_chunk,
}


def perform(api, step):
    match step:
        case ("put", name, value):
            api.put(NAMESPACE + name, labelled(value))
        case ("remove", name):
            with contextlib.suppress(KeyError):
                api.remove(NAMESPACE + name)
        case ("bookmark",):
            api.bookmark()
        case ("compact",):
            api.compact()
        case ("end", how):
            api.end_watches(ENDINGS[how])
        case ("fail", status):
            api.fail(lambda handler: handler.answer(status, b"{}"))
        case ("pause",):
            time.sleep(0.01)


@given(steps=st.lists(STEPS, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_the_picture_and_the_listener_end_at_the_servers_state(fresh_api, steps):
    api = fresh_api()
    listener = Listener()
    client = Client(Transport(Access(api.url, None, lambda: None)))
    informer = Informer(client, NAMESPACES, tier, on_change=listener, times=FAST)
    informer.start()
    for step in steps:
        perform(api, step)
    state = {path.rsplit("/", 1)[1]: tier(obj) for path, obj in api.objects.items()}
    listener.wait_for(state)
    assert sorted(informer.items()) == sorted(state.values())
    informer.stop()
    client.close()
