"""The real server: gunicorn, two workers, TLS, an API server on loopback."""

import json
import os
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certs.errors import CertificateError
from certs.files import read_files
from policy.errors import PolicyInvalid
from tests.waiting import WITHIN, eventually
from webhook.options import WebhookOptions
from webhook.serving import run_webhook

from .apiserver import VOLUMES, ApiServer, serving
from .certificates import expired, issue, written
from .objects import OPTED_IN, claim, nfs, pod, review, whole_claim
from .running import Server, is_ready, prepare, running

NO_WAIT = timedelta()


@pytest.fixture(scope="module")
def api() -> Iterator[ApiServer]:
    with serving() as api:
        api.namespace("team-a", OPTED_IN)
        api.storage_class("fast", default=True)
        api.storage_class("nfs")
        yield api


@pytest.fixture
def own_api() -> Iterator[ApiServer]:
    """An API server that a test may stop from answering."""
    with serving() as api:
        api.namespace("team-a", OPTED_IN)
        api.storage_class("nfs")
        yield api


@pytest.fixture(scope="module")
def server(api: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is ready, for tests that leave it as it is."""
    with running(tmp_path_factory.mktemp("server"), api) as server:
        eventually(lambda: is_ready(server))
        yield server


def test_a_review_is_answered_over_tls(server: Server) -> None:
    response = server.ask(review(whole_claim()))
    assert response["allowed"]
    assert response["patchType"] == "JSONPatch"


def test_both_endpoints_answer_all_kinds(server: Server) -> None:
    for path in ("/mutate", "/validate"):
        for obj in (claim(), pod(nfs()), {"kind": "Deployment"}):
            assert server.ask(review(obj), path)["allowed"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(server: Server, version: ssl.TLSVersion) -> None:
    context = server.trust()
    context.minimum_version = context.maximum_version = version
    with closing(server.connection(context)) as connection:
        assert server.ask(review(claim()), connection=connection)["allowed"]


def test_many_requests_share_a_connection(server: Server) -> None:
    with closing(server.connection()) as connection:
        for _ in range(20):
            assert server.ask(review(claim()), connection=connection)["allowed"]


def test_a_body_in_chunks_is_read(server: Server) -> None:
    body = review(claim())
    chunks = iter([body[:100], body[100:]])
    with closing(server.connection()) as connection:
        connection.request("POST", "/mutate", chunks, {"Content-Type": "application/json"}, encode_chunked=True)
        response = connection.getresponse()
        assert response.status == 200
        assert json.loads(response.read())["response"]["allowed"]


def test_a_review_of_megabytes_is_answered(server: Server) -> None:
    big = pod(nfs(), meta={"annotations": {"big": "x" * 3_000_000}})
    assert server.ask(review(big))["allowed"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        pytest.param("POST", "/mutate", {"Content-Type": "text/plain"}, b"{}", 415, id="another type"),
        pytest.param("POST", "/mutate", {"Content-Type": "application/json"}, b"", 400, id="empty"),
        pytest.param("POST", "/mutate", {"Content-Type": "application/json"}, b"{", 400, id="not JSON"),
        pytest.param("GET", "/mutate", {}, None, 405, id="another method"),
        pytest.param("POST", "/nowhere", {}, b"", 404, id="another path"),
        pytest.param("POST", "/mutate", {"Content-Type": "application/json"}, b" " * 8_000_000, 413, id="too large"),
    ],
)
def test_what_holds_no_review_gets_a_plain_answer(
    server: Server, method: str, path: str, headers: dict[str, str], body: bytes | None, status: int
) -> None:
    with closing(server.connection()) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        assert response.status == status
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_both_workers_are_shown_as_ready(server: Server) -> None:
    status, text = server.get("/readyz")
    assert status == 200
    assert "2 of 2 workers" in text
    assert len(server.workers) == 2
    for check in ("cluster", "certificate", "policy"):
        assert text.count(f"[+]{check} ok") == 2


def test_it_is_alive(server: Server) -> None:
    assert server.get("/healthz") == (200, "ok\n")


def test_each_decision_is_one_line_of_the_log(server: Server) -> None:
    server.ask(review(whole_claim(), uid="a-uid-of-its-own"))
    [line] = [line for line in server.log if line.get("uid") == "a-uid-of-its-own"]
    assert line["outcome"] == "patched"


def test_the_metrics_of_all_workers_add_up(server: Server) -> None:
    labels = {"kind": "Pod", "outcome": "allowed", "side": "validate"}
    before = server.metric("nfs_steward_webhook_reviews_total", **labels)
    with ExitStack() as connections:
        for _ in range(8):
            connection = connections.enter_context(closing(server.connection()))
            for _ in range(5):
                server.ask(review(pod()), "/validate", connection)
    for _ in range(5):
        assert server.metric("nfs_steward_webhook_reviews_total", **labels) == before + 40
    assert server.metric("nfs_steward_webhook_certificate_expiry_timestamp_seconds") > time.time() + 86400


def drip(server: Server, hello: bytes, more: bytes, stop: threading.Event) -> None:
    """Send `hello` over a new connection, then `more` byte by byte; start over when the server hangs up."""
    while not stop.is_set():
        connection = server.connection()
        try:
            connection.connect()
            connection.sock.sendall(hello)
            for byte in more:
                if stop.wait(0.2):
                    break
                connection.sock.sendall(bytes([byte]))
        except OSError:
            stop.wait(0.2)
        finally:
            connection.close()


HEAD = b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("hello", "more"),
    [
        pytest.param(b"", b"", id="nothing after the handshake"),
        pytest.param(b"POST /mut", HEAD * 10, id="a head that never ends"),
        pytest.param(HEAD + b"Content-Length: 9000\r\n\r\n", b"{" * 1000, id="a body that never ends"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n" * 100, id="chunks that never end"),
    ],
)
def test_slow_clients_hold_nobody_up(server: Server, hello: bytes, more: bytes) -> None:
    stop = threading.Event()
    clients = [threading.Thread(target=drip, args=(server, hello, more, stop), daemon=True) for _ in range(40)]
    for client in clients:
        client.start()
    try:
        for _ in range(10):
            started = time.monotonic()
            assert server.ask(review(claim()))["allowed"]
            assert time.monotonic() - started < 2.0
            time.sleep(0.1)
    finally:
        stop.set()
        for client in clients:
            client.join()


def test_connections_that_say_nothing_hold_nobody_up(server: Server) -> None:
    with ExitStack() as silent:
        for _ in range(100):
            silent.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        started = time.monotonic()
        assert server.ask(review(claim()))["allowed"]
        assert time.monotonic() - started < 2.0


def test_a_slow_client_is_cut_off(server: Server) -> None:
    with closing(server.connection()) as connection:
        connection.connect()
        connection.sock.sendall(HEAD + b"Content-Length: 9000\r\n\r\n{")
        started = time.monotonic()
        assert connection.sock.recv(1000) == b""
        assert time.monotonic() - started < 10


def test_a_certificate_is_swapped_under_load_without_losing_a_request(api: ApiServer, tmp_path: Path) -> None:
    with running(tmp_path, api) as server:
        eventually(lambda: is_ready(server))
        load = Load(server)
        load.start()
        served = read_files(server.tls_dir)
        for days in (40, 50):
            fresh = issue(days)
            both = fresh.authorities + served.authorities
            written(server.tls_dir, replace(served, authorities=both))
            eventually(lambda: is_ready(server))
            served = written(server.tls_dir, replace(fresh, authorities=both))
            ends = time.time() + (days - 1) * 86400
            eventually(
                lambda ends=ends: server.metric("nfs_steward_webhook_certificate_expiry_timestamp_seconds") > ends
            )
        assert load.stop() > 100
        assert is_ready(server)


class Load:
    """Clients that ask without pause: half over connections that they keep, half over a new one each time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ended = threading.Event()
        self._answered: list[int] = []
        self._failed: list[Exception] = []
        self._threads = [threading.Thread(target=self._run, args=(kept,)) for kept in (True, False)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> int:
        """End the load; how many requests were answered. Fails if one was not."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        assert not self._failed, self._failed
        return sum(self._answered)

    def _run(self, kept: bool) -> None:
        count = 0
        with closing(self._server.connection()) as connection:
            try:
                while not self._ended.is_set():
                    response = self._server.ask(review(claim()), connection=connection if kept else None)
                    assert response["allowed"]
                    count += 1
            except Exception as error:
                self._failed.append(error)
        self._answered.append(count)


def test_after_a_worker_was_killed_metrics_do_not_go_back_and_readiness_returns(api: ApiServer, tmp_path: Path) -> None:
    with running(tmp_path, api) as server:
        eventually(lambda: is_ready(server))
        for _ in range(20):
            server.ask(review(claim()))
        workers = server.workers
        os.kill(workers[0], signal.SIGKILL)
        for _ in range(20):
            assert server.metric("nfs_steward_webhook_reviews_total") == 20
        eventually(lambda: is_ready(server) and set(server.workers) != set(workers))
        assert workers[0] not in server.workers
        assert len(server.workers) == 2
        server.ask(review(claim()))
        assert server.metric("nfs_steward_webhook_reviews_total") == 21


def test_a_worker_that_hangs_makes_the_server_unready(api: ApiServer, tmp_path: Path) -> None:
    with running(tmp_path, api) as server:
        eventually(lambda: is_ready(server))
        hanging = server.workers[0]
        os.kill(hanging, signal.SIGSTOP)
        try:
            eventually(lambda: asked_of_the_other(server, f"worker {hanging} hangs"))
        finally:
            os.kill(hanging, signal.SIGCONT)
        eventually(lambda: is_ready(server))


def asked_of_the_other(server: Server, told: str) -> bool:
    """Whether /readyz says so; a connection may have landed at the worker that is stopped, which never answers."""
    connection = server.connection(timeout=1)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        return response.status == 503 and told in response.read().decode()
    except OSError:
        return False
    finally:
        connection.close()


def test_before_the_cluster_is_known_it_is_alive_not_ready_and_refuses_claims(
    own_api: ApiServer, tmp_path: Path
) -> None:
    own_api.open.clear()
    with running(tmp_path, own_api) as server:
        assert server.get("/healthz")[0] == 200
        status, text = server.get("/readyz")
        assert status == 503
        assert "no list of namespaces yet" in text
        refused = server.ask(review(claim()))
        assert not refused["allowed"]
        assert "PersistentVolumeClaim" in refused["status"]["message"]
        kept = server.ask(review(pod(nfs())))
        assert kept["allowed"]
        assert kept["warnings"]
        own_api.open.set()
        eventually(lambda: is_ready(server))
        assert server.ask(review(claim()))["allowed"]


def test_a_certificate_that_clients_refuse_makes_it_unready(api: ApiServer, tmp_path: Path) -> None:
    prepare(tmp_path)
    written(tmp_path / "tls", expired())
    with running(tmp_path, api, prepared=True) as server:
        trusting = ssl._create_unverified_context()
        connection = server.connection(trusting)
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        assert response.status == 503
        assert "certificate has expired" in response.read().decode()
        connection.close()


def test_a_changed_policy_counts_and_a_bad_one_does_not(api: ApiServer, tmp_path: Path) -> None:
    with running(tmp_path, api) as server:
        eventually(lambda: is_ready(server))
        good = server.policy.read_text().replace("claim: {default: 1Gi}", "claim: {default: 9Gi}")
        server.policy.write_text(good)
        accepted = "nfs_steward_webhook_policy_reloads_total"
        eventually(lambda: server.metric(accepted, outcome="accepted") == 2)
        server.policy.write_text("profiles: 7")
        eventually(lambda: server.metric(accepted, outcome="refused") == 2)
        status, text = server.get("/readyz")
        assert status == 200
        assert "the last good one stays" in text


def test_on_sigterm_what_is_under_way_is_finished(own_api: ApiServer, tmp_path: Path) -> None:
    with running(tmp_path, own_api) as server, ExitStack() as cleanup:
        eventually(lambda: is_ready(server))
        idle = cleanup.enter_context(closing(server.connection()))
        server.ask(review(claim()), connection=idle)
        own_api.put(VOLUMES, "pv", spec={"storageClassName": "s"})
        own_api.open.clear()
        answers: list[bool] = []
        slow = threading.Thread(
            target=lambda: answers.append(server.ask(review(whole_claim(volumeName="pv")))["allowed"])
        )
        slow.start()
        eventually(lambda: own_api.reads(f"{VOLUMES}/pv") == 1)
        server.process.send_signal(signal.SIGTERM)
        own_api.open.set()
        slow.join()
        assert answers == [True]
        assert server.ask(review(claim()), connection=idle)["allowed"]
        assert server.process.wait(WITHIN) == 0


def test_nothing_is_left_behind(api: ApiServer, tmp_path: Path) -> None:
    with running(tmp_path, api) as server:
        eventually(lambda: is_ready(server))
        workers = server.workers
        assert len(folders_of(workers)) == 2
        assert server.stop() == 0
    assert not folders_of(workers)


def folders_of(workers: list[int]) -> set[Path]:
    """The folders that hold a file of one of these workers, in memory or on disk."""
    places = [Path("/dev/shm"), Path(tempfile.gettempdir())]
    files = {file for place in places for file in place.glob("nfs-steward-*/*")}
    return {file.parent for file in files if any(str(pid) in file.name for pid in workers)}


@pytest.mark.parametrize(("missing", "error"), [("policy.yaml", PolicyInvalid), ("tls/tls.key", CertificateError)])
def test_without_policy_or_certificate_there_is_nothing_to_serve(
    tmp_path: Path, missing: str, error: type[Exception]
) -> None:
    prepare(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(error):
        run_webhook(WebhookOptions(tmp_path / "policy.yaml", tmp_path / "tls", "127.0.0.1:0", NO_WAIT))
