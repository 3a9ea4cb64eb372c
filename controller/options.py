"""How a controller is started."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller.certificates.options import CertificateOptions
from controller.certificates.timing import CERTIFICATE_TIMING, CertificateTiming
from controller.duties.duty import DUTY_TIMING, DutyTiming
from controller.export.export import EXPORT_TIMING, ExportTiming
from controller.export.operations import ExportOperations, SystemCalls
from controller.gateway import ApiGateway
from kube.lease import USUAL_DURATIONS, LeaseDurations, unique_identity
from policy.errors import StewardError
from policy.model import Policy
from runtime.logs import Level


class OptionsInvalid(StewardError):
    """A controller cannot be started like this; the text says what to give instead."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things take; tests are in more of a hurry than clusters."""

    duty: DutyTiming = DUTY_TIMING
    export: ExportTiming = EXPORT_TIMING
    certificates: CertificateTiming = CERTIFICATE_TIMING
    lease: LeaseDurations = USUAL_DURATIONS
    stop_seconds: float = 10.0


USUAL_TIMING: Final = Timing()


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """What to do, for which cluster. `exports` maps names of the policy's exports to where they are mounted here.

    `kubeconfig` None: `$KUBECONFIG`, else the Pod we run in. `namespace` is where nfs-steward is installed: its Leases
    and its Secret are there. `certificates` None: somebody else keeps them. `health_port` 0 takes a free one.
    """

    policy: Path
    cluster: bool = False
    exports: Mapping[str, Path] = field(default_factory=dict)
    kubeconfig: Path | None = None
    namespace: str = "nfs-steward"
    certificates: CertificateOptions | None = None
    identity: str = field(default_factory=unique_identity)
    health_host: str = "127.0.0.1"
    health_port: int = 0
    log_json: bool = True
    log_level: Level = "info"
    timing: Timing = USUAL_TIMING


@dataclass(frozen=True, slots=True)
class Seams:
    """Where tests get between the controller and its effects: both wrap the real thing, which does nothing else."""

    operations: Callable[[ExportOperations], ExportOperations] = lambda operations: operations
    api: Callable[[ApiGateway], ApiGateway] = lambda api: api

    def export_operations(self) -> ExportOperations:
        """What an export is worked on with."""
        return self.operations(SystemCalls())


def check_options(options: ControllerOptions, policy: Policy) -> None:
    """Raises `OptionsInvalid` for nothing to do, certificates without their duty, an export that the policy lacks."""
    if not options.cluster and not options.exports:
        raise OptionsInvalid("nothing to do: give --cluster, or --export NAME=PATH, or both")
    if options.certificates and not options.cluster:
        raise OptionsInvalid("--certificates: certificates are kept by the duty for the whole cluster: give --cluster")
    known = [export.name for export in policy.exports]
    for name in options.exports:
        if name not in known:
            raise OptionsInvalid(f"--export {name}: the policy has no such export, it has {', '.join(known) or 'none'}")
