"""The certificate duty put together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from controller.certificates.duty import CertificateDuty
from controller.certificates.effects import CertificateGateway
from controller.certificates.keeping import Keeper, Ways
from controller.certificates.observing import Observer
from controller.certificates.options import CertificateOptions
from controller.certificates.replicas import ask_all
from controller.certificates.timing import CertificateTiming
from controller.certificates.waking import Wakers
from controller.decisions.actions import Tell
from controller.metrics import ControllerMetrics
from kube.client import Client
from kube.clock import Clock
from runtime.health import CheckResult


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the duty stands on: `namespace` is the installation's; `leading` says whether it may act at this moment."""

    client: Client
    namespace: str
    gateway: CertificateGateway
    tell: Callable[[Tell], None]
    leading: Callable[[], bool]
    metrics: ControllerMetrics
    clock: Clock


class Certificates:
    """The duty with its watches. To be started and stopped once."""

    def __init__(self, options: CertificateOptions, around: Surroundings, timing: CertificateTiming) -> None:
        ask = partial(ask_all, timeout=timing.handshake)
        observer = Observer(around.client, around.namespace, options, around.clock, ask)
        ways = Ways(observer, around.gateway, around.tell, around.leading, around.clock)
        keeper = Keeper(options, around.namespace, timing.settling, ways)
        self._duty = CertificateDuty(keeper, observer, around.leading, around.metrics, timing)
        self._wakers = Wakers(around.client, around.namespace, options, self._duty.wake)

    def start(self) -> None:
        """Watch, and wait for the lead."""
        self._wakers.start()
        self._duty.start()

    def stop(self) -> None:
        """End: nothing is written any more. To be called before the Lease is given back."""
        self._duty.stop()
        self._wakers.stop()

    def check(self) -> CheckResult:
        """How the certificate is kept, for people."""
        return self._duty.check()
