"""A real Prometheus that scrapes programs on this machine, and answers what is asked of it in PromQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import yaml

from policy.shapes import Json
from testbed.debian import UnpackedPackages
from testbed.https import get
from testbed.ports import LOOPBACK, free_ports
from testbed.supervision.client import Program, SupervisedProcess, Supervisor
from testbed.waiting import STARTS_WITHIN, wait_for

_EVERY: Final = "1s"


@dataclass(frozen=True, slots=True)
class Target:
    """A program to scrape: its page of metrics, `labels` for all that it says, and whom to trust for an https page."""

    url: str
    labels: Mapping[str, str]
    trust: Path | None = None


@dataclass
class Prometheus:
    """A Prometheus in `folder`; `packages` are `testbed.debian.MONITORING`. Nothing of it outlives the supervisor."""

    packages: UnpackedPackages
    folder: Path
    supervisor: Supervisor
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: SupervisedProcess | None = None

    def start(self, targets: Sequence[Target], groups: Sequence[Json]) -> None:
        """Scrape `targets` every second, and evaluate the rules in `groups`; returns when it is ready.

        Raises `StartFailed` where it does not become so, such as for a rule that it cannot read.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "rules.yaml").write_text(yaml.safe_dump({"groups": list(groups)}))
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(_configuration(targets)))
        argv = [
            str(self.packages.program("prometheus")),
            f"--config.file={self.folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={LOOPBACK}:{self.port}",
        ]
        log = self.folder / "prometheus.log"
        self.process = self.supervisor.start(Program("prometheus", argv, log, self.packages.env(), self.folder))
        wait_for("Prometheus", self._is_ready, STARTS_WITHIN, self.process)

    def stop(self) -> None:
        """End it."""
        assert self.process is not None
        self.process.stop()

    def ask(self, expr: str) -> list[Json]:
        """What an expression comes to now: a vector's samples, each with its labels (`metric`) and `value`.

        Raises OSError where Prometheus cannot read it.
        """
        return list(self._get(f"query?query={quote(expr)}")["result"])

    def rules(self) -> list[Json]:
        """Every rule that it evaluates, each with its `health` and, where that is bad, its `lastError`."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, path: str) -> dict[str, Any]:
        answer = json.loads(get(f"http://{LOOPBACK}:{self.port}/api/v1/{path}"))
        data: dict[str, Any] = answer["data"]
        return data

    def _is_ready(self) -> bool:
        try:
            return bool(get(f"http://{LOOPBACK}:{self.port}/-/ready"))
        except OSError:
            return False


def _configuration(targets: Sequence[Target]) -> Json:
    # Labels that a program gives itself go before the target's, as in the chart's monitors.
    return {
        "global": {"scrape_interval": _EVERY, "evaluation_interval": _EVERY},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [_job(str(number), target) for number, target in enumerate(targets)],
    }


def _job(name: str, target: Target) -> Json:
    scheme, _, rest = target.url.partition("://")
    address, _, path = rest.partition("/")
    trust = {"tls_config": {"ca_file": str(target.trust)}} if target.trust else {}
    return {
        "job_name": name,
        "honor_labels": True,
        "scheme": scheme,
        "metrics_path": f"/{path}",
        "static_configs": [{"targets": [address], "labels": dict(target.labels)}],
        **trust,
    }
