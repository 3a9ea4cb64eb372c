"""Asking a container how it is: startup, readiness and liveness.

https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policy.shapes import Json, mapping, sequence

Ask = Callable[[float], str | None]
"""Asks once, for so many seconds at most; returns what is wrong, or None."""
Execute = Callable[[list[str], float], str | None]
"""Runs a command in the container, with a time limit; returns what went wrong, or None."""

_GOOD: Final = range(200, 400)


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a probe asks, and how often in a row it has to hear the same; seconds and counts."""

    delay: float
    period: float
    timeout: float
    successes: int
    failures: int

    @classmethod
    def of(cls, probe: Mapping[str, Any]) -> "Timing":
        """What the probe says, and Kubernetes' defaults for what it leaves out."""
        return cls(
            delay=float(probe.get("initialDelaySeconds") or 0),
            period=float(probe.get("periodSeconds") or 10),
            timeout=float(probe.get("timeoutSeconds") or 1),
            successes=int(probe.get("successThreshold") or 1),
            failures=int(probe.get("failureThreshold") or 3),
        )


class Probe:
    """One probe of a container that runs, in a thread of its own from `start` to `stop`.

    `passes` is None before enough was heard, in either sense. `told` is called with what was wrong, every time.
    """

    def __init__(self, name: str, ask: Ask, timing: Timing, told: Callable[[str], None]) -> None:
        self.passes: bool | None = None
        self._ask = ask
        self._timing = timing
        self._told = told
        self._stopping = threading.Event()
        self._in_a_row = 0
        self._last_heard: bool | None = None
        self._thread = threading.Thread(target=self._run, name=f"probe-{name}", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; an answer that is still on its way counts for nothing."""
        self._stopping.set()

    def _run(self) -> None:
        self._stopping.wait(self._timing.delay)
        while not self._stopping.is_set():
            self._hear(self._ask(self._timing.timeout))
            self._stopping.wait(self._timing.period)

    def _hear(self, problem: str | None) -> None:
        if self._stopping.is_set():
            return
        good = problem is None
        self._in_a_row = self._in_a_row + 1 if good == self._last_heard else 1
        self._last_heard = good
        if self._in_a_row >= (self._timing.successes if good else self._timing.failures):
            self.passes = good
        if problem is not None:
            self._told(problem)


def asking(probe: Mapping[str, Any], container: Json, address: str, execute: Execute) -> Ask:
    """How to ask what a probe wants to know of a container at `address`."""
    if "exec" in probe:
        command = [str(part) for part in probe["exec"]["command"]]
        return lambda timeout: execute(command, timeout)
    if "httpGet" in probe:
        request = probe["httpGet"]
        port = port_number(request["port"], container)
        return lambda timeout: _get(request, request.get("host") or address, port, timeout)
    port = port_number(mapping(dict(probe), "tcpSocket").get("port"), container)
    return lambda timeout: _connect(address, port, timeout)


def port_number(port: Any, container: Json) -> int:
    """A port by its number, or by the name that the container has for it."""
    named = {entry.get("name"): entry["containerPort"] for entry in sequence(container, "ports")}
    return int(named.get(port, port))


def _get(request: Mapping[str, Any], host: str, port: int, timeout: float) -> str | None:
    """A GET as a kubelet does it: whoever answers is trusted."""
    if request.get("scheme") == "HTTPS":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", request.get("path") or "/", headers=_headers(request))
        answer = connection.getresponse()
        said = answer.read(1024).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as problem:
        return f"Get {host}:{port}{request.get('path')}: {problem!r}"
    finally:
        connection.close()
    return None if answer.status in _GOOD else f"HTTP probe failed with statuscode: {answer.status}: {said}"


def _headers(request: Mapping[str, Any]) -> dict[str, str]:
    usual = {"User-Agent": "kube-probe/testbed", "Accept": "*/*", "Connection": "close"}
    return usual | {header["name"]: header["value"] for header in request.get("httpHeaders") or ()}


def _connect(host: str, port: int, timeout: float) -> str | None:
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError as problem:
        return f"dial tcp {host}:{port}: {problem}"
    return None
