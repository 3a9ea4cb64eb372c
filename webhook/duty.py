"""What one worker does beside answering: follow the cluster and the files, and tell how it is."""

import sys
import threading
import time
from dataclasses import dataclass
from typing import Final

from flask import Flask

from kube.client import Client
from runtime.health import CheckResult, Failing, Health, Passing, Report
from runtime.logs import get_logger
from runtime.metrics import SharedMetrics
from runtime.policyfile import PolicyFile
from webhook.admission import Admission
from webhook.app import Services, create_app
from webhook.board import Board
from webhook.decisionlog import DecisionLog
from webhook.informed import InformedCluster
from webhook.metrics import ReviewMetrics, StateMetrics
from webhook.options import WebhookOptions
from webhook.tls import ServedCertificate

# How long a new worker leaves the connections to the others while it gets to know the cluster. Then it serves all the
# same: an API server that is out of reach must not take away the answer to "why are you not ready?".
_PATIENCE_SECONDS: Final = 2.0
_PULSE_SECONDS: Final = 1.0

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What is made before the workers are forked; each has its own copy, but for the board and the metrics."""

    options: WebhookOptions
    client: Client
    policy_file: PolicyFile
    certificate: ServedCertificate
    metrics: SharedMetrics
    board: Board


class Duty:
    """One worker's duty. To be made after the fork."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._view = InformedCluster(shared.client, shared.policy_file, shared.options.namespace)
        self._state = StateMetrics(shared.metrics.registry)
        self._health = Health("readyz")
        self._health.add("cluster", self._view.check)
        self._health.add("certificate", shared.certificate.check)
        self._health.add("policy", self._policy, informative=True)
        self._beating = threading.Lock()
        self.app = self._application()

    def start(self) -> None:
        """Begin to follow the cluster and the files; returns once the cluster is known, or after a while without."""
        self._shared.policy_file.start()
        self._shared.certificate.start()
        self._view.start()
        self._view.wait_synced(_PATIENCE_SECONDS)
        self._beat()
        threading.Thread(target=self._pulse, name="pulse", daemon=True).start()

    def _application(self) -> Flask:
        metrics = ReviewMetrics(self._shared.metrics.registry)
        options = self._shared.options
        quiet = options.log_level in ("warning", "error")
        log = DecisionLog(sys.stderr.fileno() if options.log_json and not quiet else None)
        admission = Admission(
            self._view, (metrics.reviewed, log.reviewed), validate_failure=options.validate_failure_policy
        )
        return create_app(Services(admission, self._readiness, self._shared.metrics.exposition, metrics.refused))

    def _readiness(self) -> Report:
        """How all workers are, this one as of now."""
        self._beat()
        return self._shared.board.report()

    def _pulse(self) -> None:
        while True:
            time.sleep(_PULSE_SECONDS)
            try:
                self._beat()
            except Exception:
                _LOG.exception("pulse missed")

    def _beat(self) -> None:
        """Tell how this worker is now; whoever asks about readiness does so beside the pulse."""
        with self._beating:
            self._state.state(self._shared.certificate.expires, self._shared.policy_file.loads)
            self._shared.board.write(self._health.report())

    def _policy(self) -> CheckResult:
        problem = self._shared.policy_file.problem
        return Passing() if problem is None else Failing(f"the last good one stays: {problem}")
