"""What the controller counts."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from controller.export.outcomes import ExportState, Kept, Outcome
from controller.export.requests import Request
from controller.limitsmetrics import LimitsCollector
from controller.observed.limits import LimitsRecord
from controller.usagemetrics import MeasuredExport, UsageCollector

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class ControllerMetrics:
    """The metrics of one process; duties are told apart by the label `duty`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.settled = Counter(
            "nfs_steward_objects_settled",
            "Objects dealt with, by what came of it",
            ("duty", "kind", "verdict"),
            registry=registry,
        )
        self.seconds = Histogram(
            "nfs_steward_settle_seconds",
            "Time to deal with one object",
            ("duty", "kind"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._leading = Gauge("nfs_steward_leading", "1 while we hold the duty's Lease", ("duty",), registry=registry)
        self._queued = Gauge("nfs_steward_queued_objects", "Objects waiting", ("duty",), registry=registry)
        self._state = Gauge(
            "nfs_steward_export_state",
            "1 for the state that the export is in",
            ("export", "state"),
            registry=registry,
        )
        self._hanging = Gauge(
            "nfs_steward_export_hanging_calls",
            "System calls on the export that are past their deadline",
            ("export",),
            registry=registry,
        )
        self._asked = Counter(
            "nfs_steward_export_outcomes",
            "What asking something of the export came to",
            ("export", "request", "outcome"),
            registry=registry,
        )
        self._expired = Counter(
            "nfs_steward_archives_expired",
            "Archives on the export that were given up because their time was over",
            ("export",),
            registry=registry,
        )
        self._unreadable = Gauge(
            "nfs_steward_archives_unreadable",
            "Archives on the export that are kept because their archive.json cannot be read",
            ("export",),
            registry=registry,
        )
        self._usage = UsageCollector()
        registry.register(self._usage)
        self._limits = LimitsCollector()
        registry.register(self._limits)
        self._certificates = Gauge(
            "nfs_steward_certificate_expiry_timestamp_seconds",
            "When the webhook's certificate and its authority end, in seconds since 1970; told by who keeps them",
            ("certificate",),
            registry=registry,
        )

    def certificates_end(self, serving: datetime | None, authority: datetime | None) -> None:
        """Show when they end; None: not known here."""
        self._certificates.clear()
        for name, end in (("serving", serving), ("authority", authority)):
            if end:
                self._certificates.labels(name).set(end.timestamp())

    def watch_duty(self, duty: str, leading: Callable[[], bool], queued: Callable[[], int]) -> None:
        """Show a duty, read when somebody asks."""
        self._leading.labels(duty).set_function(lambda: float(leading()))
        self._queued.labels(duty).set_function(lambda: float(queued()))

    def watch_export(self, export: str, state: Callable[[], ExportState], hanging: Callable[[], int]) -> None:
        """Show an export's condition, read when somebody asks."""
        for each in ExportState:
            self._state.labels(export, each).set_function(_one_while(state, each))
        self._hanging.labels(export).set_function(lambda: float(hanging()))

    def watch_usage(self, export: MeasuredExport) -> None:
        """Show what claims use on an export, read when somebody asks."""
        self._usage.watch(export)

    def watch_limits(self, quotas: Callable[[], Iterable[LimitsRecord]]) -> None:
        """Show what namespaces may ask for and have asked for, read when somebody asks."""
        self._limits.watch(quotas)

    def export_asked(self, export: str, request: Request, outcome: Outcome) -> None:
        """Count what asking for something came to."""
        self._asked.labels(export, type(request).__name__, type(outcome).__name__.lower()).inc()
        if isinstance(outcome, Kept):
            self._expired.labels(export).inc(outcome.expired)
            self._unreadable.labels(export).set(outcome.unreadable)


def _one_while(state: Callable[[], ExportState], wanted: ExportState) -> Callable[[], float]:
    return lambda: float(state() is wanted)
