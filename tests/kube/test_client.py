import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from kube.client import Client
from kube.credentials import Access
from kube.errors import AlreadyExists, ApiError, Conflict, NotFound, TooManyRequests, Unreachable, Unreadable
from kube.resources import CLAIMS, NAMESPACES, PODS, STORAGE_CLASSES
from kube.transport import Transport

CLAIM = "/api/v1/namespaces/web/persistentvolumeclaims/a"


def test_an_object_comes_back_as_the_server_sent_it(api, client):
    api.put(CLAIM, {"spec": {"storageClassName": "nfs"}, "anUnknownField": [1]})
    found = client.get(CLAIMS, "a", "web")
    assert found["spec"] == {"storageClassName": "nfs"}
    assert found["anUnknownField"] == [1]


def test_an_absent_object_is_not_found(client):
    with pytest.raises(NotFound) as raised:
        client.get(CLAIMS, "a", "web")
    assert raised.value.call == f"GET {CLAIM}"


def test_metadata_alone_is_asked_for_by_the_accept_header(api, client):
    api.put(CLAIM, {})
    client.get(CLAIMS, "a", "web", metadata_only=True)
    client.list(CLAIMS, metadata_only=True)
    one, many = (request.headers["Accept"] for request in api.requests)
    assert one == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    assert many == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def test_a_list_is_read_page_by_page_and_only_as_far_as_it_is_used(api, client):
    for number in range(5):
        api.put(f"/api/v1/namespaces/ns{number}", {})
    listing = client.list(NAMESPACES, page_size=2)
    names = [next(listing.items)["metadata"]["name"] for _ in range(3)]
    assert names == ["ns0", "ns1", "ns2"]
    assert len(api.requests) == 2
    assert [item["metadata"]["name"] for item in listing.items] == ["ns3", "ns4"]
    assert listing.resource_version == str(api.version)


def test_the_items_of_a_list_say_what_they_are(api, client):
    api.put("/apis/storage.k8s.io/v1/storageclasses/nfs", {})
    (item,) = client.list(STORAGE_CLASSES).items
    assert (item["apiVersion"], item["kind"]) == ("storage.k8s.io/v1", "StorageClass")


def test_a_list_can_be_narrowed_by_namespace_and_selectors(api, client):
    client.list(PODS, "web", label_selector="a=b", field_selector="spec.nodeName=", page_size=0)
    (request,) = api.requests
    assert request.path == "/api/v1/namespaces/web/pods"
    assert request.query == {"labelSelector": "a=b", "fieldSelector": "spec.nodeName="}


def test_an_object_is_created_in_the_namespace_it_names(api, client):
    made = client.create(CLAIMS, {"metadata": {"name": "a", "namespace": "web"}})
    assert made["metadata"]["resourceVersion"] == str(api.version)
    assert CLAIM in api.objects
    with pytest.raises(AlreadyExists):
        client.create(CLAIMS, {"metadata": {"name": "a"}}, "web")


def test_every_write_names_its_field_manager_and_a_dry_run_says_so(api, client):
    client.create(CLAIMS, {"metadata": {"name": "a"}}, "web", dry_run=True)
    client.patch(CLAIMS, "a", {}, "web", type="merge", field_manager="other")
    assert [request.query for request in api.requests] == [
        {"fieldManager": "nfs-steward", "dryRun": "All"},
        {"fieldManager": "other"},
    ]


def test_replacing_an_object_that_has_changed_is_a_conflict(api, client):
    old = api.put(CLAIM, {"metadata": {"namespace": "web"}})
    api.put(CLAIM, {"metadata": {"namespace": "web"}, "spec": {}})
    with pytest.raises(Conflict):
        client.replace(CLAIMS, old)


def test_replacing_an_object_that_has_no_name_never_reaches_the_collection(api, client):
    with pytest.raises(NotFound):
        client.replace(CLAIMS, {"metadata": {"namespace": "web"}})
    assert api.requests == []


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        pytest.param("json", "application/json-patch+json", id="json"),
        pytest.param("merge", "application/merge-patch+json", id="merge"),
        pytest.param("strategic", "application/strategic-merge-patch+json", id="strategic"),
        pytest.param("apply", "application/apply-patch+yaml", id="apply"),
    ],
)
def test_the_type_of_a_patch_is_its_content_type(api, client, kind, content_type):
    api.put(CLAIM, {})
    client.patch(CLAIMS, "a", {"spec": {}}, "web", type=kind)
    assert api.requests[-1].headers["Content-Type"] == content_type


def test_a_patch_may_be_of_a_subresource_and_an_apply_may_be_forced(api, client):
    api.put(f"{CLAIM}/status", {})
    client.patch(CLAIMS, "a", {}, "web", type="apply", subresource="status", force=True)
    assert api.requests[-1].path == f"{CLAIM}/status"
    assert api.requests[-1].query["force"] == "true"


def test_a_delete_can_be_bound_to_one_very_object(api, client):
    api.put(CLAIM, {})
    client.delete(CLAIMS, "a", "web", uid="u1")
    assert api.requests[-1].body["preconditions"] == {"uid": "u1"}
    assert CLAIM not in api.objects


def test_a_delete_can_be_bound_to_what_was_seen_of_an_object(api, client):
    api.put(CLAIM, {})
    client.delete(CLAIMS, "a", "web", uid="u1", version="7")
    assert api.requests[-1].body["preconditions"] == {"uid": "u1", "resourceVersion": "7"}


def test_what_belongs_to_a_deleted_object_goes_too(api, client):
    api.put(CLAIM, {})
    client.delete(CLAIMS, "a", "web")
    assert api.requests[-1].body["propagationPolicy"] == "Background"


def test_text_outside_the_object_api_can_be_read(api, client):
    api.fail(lambda handler: handler.answer(200, b"ok"))
    assert client.text("/readyz") == "ok"
    assert api.requests[-1].path == "/readyz"


def test_the_servers_clock_is_read_even_where_it_lets_nobody_in(api, client):
    api.fail(lambda handler: handler.answer(401, {"kind": "Status", "code": 401}))
    assert abs(client.server_time() - datetime.now(UTC)) < timedelta(seconds=5)


def test_too_many_requests_carries_the_seconds_to_wait(api, client):
    api.fail(lambda handler: handler.answer(429, {"kind": "Status", "code": 429}, {"Retry-After": "3"}))
    with pytest.raises(TooManyRequests) as raised:
        client.get(NAMESPACES, "web")
    assert raised.value.retry_after == 3.0


@pytest.mark.parametrize(
    "body", [pytest.param(b"<html>", id="html"), pytest.param(b"[]", id="a list"), pytest.param(b"", id="nothing")]
)
def test_an_answer_that_is_no_json_object_is_unreadable(api, client, body):
    api.fail(lambda handler: handler.answer(200, body))
    with pytest.raises(Unreadable):
        client.get(NAMESPACES, "web")


def test_a_refusal_that_is_no_status_object_shows_its_text(api, client):
    api.fail(lambda handler: handler.answer(502, b"bad gateway\n"))
    with pytest.raises(ApiError, match="bad gateway") as raised:
        client.get(NAMESPACES, "web")
    assert raised.value.status == 502
    assert raised.value.transient


def test_a_redirect_is_not_followed_with_our_credentials(api, client):
    api.fail(lambda handler: handler.answer(302, b"", {"Location": "http://127.0.0.1:1/"}))
    with pytest.raises(ApiError) as raised:
        client.get(NAMESPACES, "web")
    assert raised.value.status == 302


def test_a_read_whose_connection_is_reset_is_asked_once_more(api, client):
    api.put("/api/v1/namespaces/web", {})
    api.fail(lambda handler: handler.reset())
    assert client.get(NAMESPACES, "web")["metadata"]["name"] == "web"
    assert len(api.requests) == 2


def test_a_read_that_is_reset_again_and_again_is_unreachable(api, client):
    api.fail(lambda handler: handler.reset(), times=5)
    with pytest.raises(Unreachable):
        client.get(NAMESPACES, "web")
    assert len(api.requests) == 2


def test_a_write_whose_connection_is_reset_is_never_repeated(api, client):
    api.fail(lambda handler: handler.reset())
    with pytest.raises(Unreachable):
        client.create(CLAIMS, {"metadata": {"name": "a"}}, "web")
    assert len(api.requests) == 1


def test_a_silent_server_is_unreachable_after_the_time_out(api, client):
    done = threading.Event()
    api.fail(lambda _handler: done.wait(10))
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1.*timed out"):
        client.get(NAMESPACES, "web", timeout=0.1)
    assert time.monotonic() - started < 5
    done.set()


def test_a_server_that_is_not_there_is_unreachable_by_name():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        port = taken.getsockname()[1]
        client = Client(Transport(Access(f"http://127.0.0.1:{port}", None, lambda: None)))
        with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
            client.get(NAMESPACES, "web")


def test_the_token_is_asked_for_anew_for_every_request(api):
    tokens = iter(["Bearer one", None, "Bearer three"])
    client = Client(Transport(Access(api.url, None, lambda: next(tokens))))
    for _ in range(3):
        client.list(NAMESPACES)
    assert [request.headers.get("Authorization") for request in api.requests] == ["Bearer one", None, "Bearer three"]
    client.close()


def test_a_server_behind_a_path_prefix_is_asked_below_it(api):
    client = Client(Transport(Access(f"{api.url}/k8s/clusters/c-1/", None, lambda: None)))
    with pytest.raises(NotFound):
        client.get(CLAIMS, "a", "web")
    assert api.requests[0].path == f"/k8s/clusters/c-1{CLAIM}"
    client.close()


def test_many_threads_share_one_client(api, client):
    for number in range(20):
        api.put(f"/api/v1/namespaces/ns{number}", {})
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: names.append(client.get(NAMESPACES, f"ns{n}")["metadata"]["name"]))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == sorted(f"ns{n}" for n in range(20))
