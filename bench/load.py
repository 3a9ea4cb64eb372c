"""The two load generators: wrk asks as fast as it is answered, vegeta asks at a fixed rate whatever the answers do."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from bench.errors import BenchError
from testbed.commands import run

_SCRIPT: Final = Path(__file__).parent / "wrk" / "post.lua"
_THREADS: Final = 2
_GRACE: Final = 60.0  # seconds beyond the planned duration after which a generator is given up


@dataclass(frozen=True, slots=True)
class ClosedLoop:
    """wrk with a number of keep-alive connections, each with one request under way at any time."""

    program: Path
    env: Mapping[str, str]
    connections: int
    seconds: int

    def rate(self, url: str, requests: Path, headers: Mapping[str, str] | None = None) -> float:
        """Answers a second that `url` gave to the requests of a file (`bench.admission.write_requests`).

        Raises `BenchError` where any was not a success.
        """
        how = [f"-t{_THREADS}", f"-c{self.connections}", f"-d{self.seconds}s", "-s", str(_SCRIPT)]
        extra = [f"{name}={value}" for name, value in (headers or {}).items()]
        told = run([self.program, *how, url, "--", requests, *extra], env=self.env, timeout=self.seconds + _GRACE)
        result = json.loads(told.strip().splitlines()[-1])
        if any(result["errors"].values()):
            raise BenchError(f"{self.connections} connections to {url}, {requests.name}: {result}")
        return float(result["requests"] / result["seconds"])


@dataclass(frozen=True, slots=True)
class Latency:
    """What a fixed rate of requests had to wait, in milliseconds."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """vegeta at `rate` requests a second. It counts from when a request was due, so that a stall shows in full."""

    program: Path
    authority: Path
    rate: int
    connections: int
    seconds: int

    def latency(self, targets: Path) -> Latency:
        """The latency of the targets of a file (`write_targets`); raises `BenchError` where any was not answered."""
        results = targets.with_suffix(".results")
        attack = ["attack", "-format=json", f"-targets={targets}", f"-rate={self.rate}", f"-duration={self.seconds}s"]
        limits = [f"-connections={self.connections}", "-max-body=0", f"-root-certs={self.authority}"]
        run([self.program, *attack, *limits, f"-output={results}"], timeout=self.seconds + _GRACE)
        report = json.loads(run([self.program, "report", "-type=json", results], timeout=_GRACE))
        if report["success"] < 1:
            raise BenchError(f"at {self.rate}/s {targets.name}: {report['status_codes']}, {report['errors'][:3]}")
        return Latency(report["latencies"]["50th"] / 1e6, report["latencies"]["99th"] / 1e6)


def write_targets(path: Path, url: str, bodies: Iterable[bytes]) -> Path:
    """Write a file of requests for vegeta, one JSON object a line; returns `path`."""
    path.write_bytes(b"\n".join(orjson.dumps(_target(url, body)) for body in bodies) + b"\n")
    return path


def _target(url: str, body: bytes) -> dict[str, Any]:
    header = {"Content-Type": ["application/json"]}
    return {"method": "POST", "url": url, "header": header, "body": base64.b64encode(body).decode()}
