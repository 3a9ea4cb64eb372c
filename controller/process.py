"""All of a controller's parts put together: one client, one view of the cluster, and a duty for each thing to do."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from controller.duties.cluster_role import ClusterRole, ClusterSources
from controller.duties.duty import Duty
from controller.duties.everyone import Duties
from controller.duties.export_role import ExportRole
from controller.duties.role import Role
from controller.duties.settling import Ask, Gateways
from controller.export.export import MountedExport
from controller.export.limits.limits import Limits
from controller.export.measuring.measuring import Measuring, worker_command
from controller.export.measuring.turns import Turns
from controller.export.outcomes import Outcome
from controller.export.requests import Request
from controller.gateway import ClusterGateway
from controller.metrics import ControllerMetrics
from controller.names import lease_of
from controller.observed.fresh import FreshReads
from controller.observed.limits import LimitsRecord, NamespaceLimits
from controller.observed.standings import ExportStandings, export_notes
from controller.observed.usagetable import UsageTable
from controller.observed.view import ClusterView
from controller.options import ControllerOptions, Seams, check_options
from controller.readiness import election_check, export_check, policy_check, watch_check
from controller.rules import Rules
from controller.usagemetrics import MeasuredExport
from controller.work import usage_of
from kube.clock import SystemClock
from kube.connection import connect
from kube.events import EventRecorder
from kube.informer import Informer
from kube.lease import LeaderElection
from policy.exports import ManagedExports
from policy.model import Policy
from runtime.health import Health
from runtime.httpd import Httpd, standard_pages
from runtime.logs import get_logger
from runtime.metrics import Metrics
from runtime.policyfile import PolicyFile

if TYPE_CHECKING:
    from controller.certificates.parts import Certificates

_LOG: Final = get_logger(__name__)
_COMPONENT: Final = "nfs-steward-controller"
_LOOK_AT_STOP_SECONDS: Final = 0.5


class ControllerProcess:
    """A controller that can be started and stopped once.

    The constructor raises `StewardError` where it cannot be, and OSError where its port is taken.
    """

    def __init__(self, options: ControllerOptions, seams: Seams) -> None:
        self._options = options
        self._policy = PolicyFile(options.policy)
        check_options(options, self._policy.current)
        self._client = connect(options.kubeconfig)
        self._recorder = EventRecorder(self._client, _COMPONENT, options.identity)
        self._api = seams.api(ClusterGateway(self._client, options.namespace, self._recorder, time.monotonic))
        self._seams = seams
        self._duties = Duties()
        self._view = ClusterView(self._client, options.namespace, Rules(self._policy.current), self._duties)
        self._exports: list[MountedExport] = []
        self._certificates: Certificates | None = None
        self._standings: ExportStandings | None = None
        self._limits: NamespaceLimits | None = None
        self._stopping = threading.Event()
        metrics = Metrics()
        self._metrics = ControllerMetrics(metrics.registry)
        self._ready = Health("readyz")
        self._ready.add("watches", watch_check(self._informers))
        self._ready.add("policy", policy_check(self._policy), informative=True)
        pages = standard_pages(Health("healthz"), self._ready, metrics)
        self._httpd = Httpd(options.health_host, options.health_port, pages)
        self._add_duties()

    @property
    def health_port(self) -> int:
        """Where `/healthz`, `/readyz` and `/metrics` are served."""
        return self._httpd.port

    @property
    def hanging_calls(self) -> int:
        """System calls on exports that are past their deadline."""
        return sum(export.hanging_calls for export in self._exports)

    def start(self) -> None:
        """Begin. Duties stand for election once everything in the cluster has been seen."""
        self._httpd.start()
        self._policy.on_change(self._policy_changed)
        self._policy.start()
        self._view.start()
        if self._standings:
            self._standings.informer.start()
        if self._limits:
            self._limits.follow(self._policy.current)
        for export in self._exports:
            export.start()
        if self._certificates:
            self._certificates.start()
        threading.Thread(target=self._start_duties, name="start-duties", daemon=True).start()
        _LOG.info("started", duties=[duty.name for duty in self._duties], health_port=self.health_port)

    def stop(self) -> None:
        """End: no more effects, then the Leases are given back, then the rest."""
        self._stopping.set()
        give_up = time.monotonic() + self._options.timing.stop_seconds
        for duty in self._duties:
            duty.begin_to_stop()
        if self._certificates:
            self._certificates.stop()
        for duty in self._duties:
            duty.stop(max(0.0, give_up - time.monotonic()))
        self._recorder.stop()
        for export in self._exports:
            export.stop()
        self._view.stop()
        if self._standings:
            self._standings.informer.stop()
        if self._limits:
            self._limits.stop()
        self._policy.stop()
        self._httpd.stop()
        self._client.close()
        _LOG.info("stopped")

    def _add_duties(self) -> None:
        reads = FreshReads(self._client)
        if self._options.cluster:
            self._standings = ExportStandings(self._client, self._options.namespace, time.monotonic)
            self._limits = NamespaceLimits(self._client, self._duties.changed)
            sources = ClusterSources(reads, self._standings, self._limits)
            duty = self._add_duty(ClusterRole(self._view, sources, _now))
            self._metrics.watch_limits(partial(_while_leading, duty, self._limits.quotas))
            self._certificates = self._keeping(duty)
        for name, root in self._options.exports.items():
            export = self._mounted(name, root)
            role = ExportRole(name, self._view, reads, _now)
            duty = self._add_duty(role, self._asking(name, export))
            self._tell_usage(name, duty, export, role.usage)
            export.work_while(partial(_is_leading, duty))
            export.health.on_recovery(duty.hurry)

    def _keeping(self, duty: Duty) -> "Certificates | None":
        options, kept = self._options, self._options.certificates
        if kept is None:
            return None
        # Only one of all controllers needs them, and they take a quarter of the time to import everything.
        from controller.certificates.effects import ClusterCertificates  # noqa: PLC0415
        from controller.certificates.parts import Certificates, Surroundings  # noqa: PLC0415

        around = Surroundings(
            client=self._client,
            namespace=options.namespace,
            gateway=ClusterCertificates(self._client),
            tell=self._api.tell,
            leading=lambda: duty.leading,
            metrics=self._metrics,
            clock=SystemClock(),
        )
        certificates = Certificates(kept, around, options.timing.certificates)
        self._ready.add("certificates", certificates.check, informative=True)
        return certificates

    def _mounted(self, name: str, root: Path) -> MountedExport:
        operations = self._seams.export_operations()
        known = ManagedExports(self._policy.current.exports).named(name)
        limits = Limits(operations, root) if known and known.local else None
        measuring = self._measuring(root)
        export = MountedExport(root, operations, self._options.timing.export, limits=limits, measuring=measuring)
        self._exports.append(export)
        self._metrics.watch_export(name, lambda: export.health.state, lambda: export.hanging_calls)
        self._ready.add(f"export-{name}", export_check(export.health), informative=True)
        return export

    def _measuring(self, root: Path) -> Measuring:
        command = worker_command(root, log_json=self._options.log_json)
        return Measuring(command, Turns(lambda: self._policy.current.measuring))

    def _asking(self, name: str, export: MountedExport) -> Ask:
        def ask(request: Request) -> Outcome:
            outcome = export.ask(request)
            self._metrics.export_asked(name, request, outcome)
            return outcome

        return ask

    def _tell_usage(self, name: str, duty: Duty, export: MountedExport, usage: UsageTable) -> None:
        duty.election.announce(partial(export_notes, export.health, usage))
        export.measuring.on_news(lambda volume: duty.changed(usage_of(volume)))
        measured = MeasuredExport(name, usage, partial(_is_leading, duty), lambda: export.health.free_bytes)
        self._metrics.watch_usage(measured)

    def _add_duty(self, role: Role, ask: Ask | None = None) -> Duty:
        options = self._options
        lease, timing = lease_of(role.name), options.timing
        election = LeaderElection(self._client, lease, options.namespace, options.identity, durations=timing.lease)
        duty = Duty(role, Gateways(self._api, ask), election, self._metrics, timing.duty)
        self._duties.add(duty)
        self._ready.add(f"lease-{role.name}", election_check(election))
        return duty

    def _start_duties(self) -> None:
        while not self._view.wait_complete(_LOOK_AT_STOP_SECONDS):
            if self._stopping.is_set():
                return
        for duty in self._duties:
            if not self._stopping.is_set():
                duty.start()

    def _informers(self) -> tuple[Informer[Any], ...]:
        return (*self._view.informers, *(self._limits.informers if self._limits else ()))

    def _policy_changed(self, policy: Policy) -> None:
        self._view.use(Rules(policy))
        if self._limits:
            self._limits.follow(policy)
        self._duties.look_at_everything()


def _now() -> datetime:
    return datetime.now(UTC)


def _is_leading(duty: Duty) -> bool:
    return duty.leading


def _while_leading(duty: Duty, quotas: Callable[[], Iterable[LimitsRecord]]) -> Iterable[LimitsRecord]:
    return quotas() if duty.leading else ()
