"""The certificate duty: whoever leads the cluster's duty keeps the certificate, too, in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Final

from certs.bundles import readable_certificates
from certs.steps import Refuse
from certs.stock import Stock
from controller.certificates.keeping import Keeper, Settled
from controller.certificates.manifests import stock_of
from controller.certificates.observing import Observer
from controller.certificates.timing import CertificateTiming
from controller.duties.settling import NotLeading
from controller.metrics import ControllerMetrics
from kube.backoff import Backoff
from policy.errors import StewardError
from runtime.health import CheckResult, Failing, Passing
from runtime.logs import get_logger

_LOG: Final = get_logger(__name__)
_LOOK_AT_LEASE: Final = 0.5
_JOIN_SECONDS: Final = 5.0


class CertificateDuty:
    """Keeps the certificate while `leading`: looks at once when something changes, and now and then anyway."""

    def __init__(
        self,
        keeper: Keeper,
        observer: Observer,
        leading: Callable[[], bool],
        metrics: ControllerMetrics,
        timing: CertificateTiming,
    ) -> None:
        self._keeper = keeper
        self._observer = observer
        self._leading = leading
        self._metrics = metrics
        self._timing = timing
        self._backoff = Backoff(timing.retry_first, timing.retry_longest)
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._state: CheckResult = Passing("standing by")
        self._thread = threading.Thread(target=self._run, name="certificates", daemon=True)

    def start(self) -> None:
        """Begin to wait for the lead."""
        self._thread.start()

    def stop(self) -> None:
        """End: no effect begins any more. Returns when the one under way is done, or after a while."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def wake(self) -> None:
        """Something may have changed: look."""
        self._woken.set()

    def check(self) -> CheckResult:
        """How the certificate is kept, for people."""
        return self._state

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._leading():
                self._stand_by()
                continue
            self._woken.clear()
            self._woken.wait(self._round())

    def _stand_by(self) -> None:
        if self._state != (standing_by := Passing("standing by")):
            self._state = standing_by
            self._metrics.certificates_end(None, None)
        self._observer.forget()
        self._stopping.wait(_LOOK_AT_LEASE)

    def _round(self) -> float:
        """Do what is to be done; returns after how many seconds to look again, if nothing happens."""
        try:
            settled = self._keeper.settle()
        except NotLeading:
            return 0.0
        except StewardError as error:
            self._failed(str(error))
            return self._backoff.failed()
        except Exception as error:
            _LOG.exception("keeping the certificate failed", secret=self._keeper.secret)
            self._state = Failing(str(error))
            return self._backoff.failed()
        self._backoff.succeeded()
        self._take_down(settled)
        return self._timing.look

    def _failed(self, why: str) -> None:
        if self._state != (state := Failing(why)):
            self._state = state
            _LOG.warning("certificate cannot be kept", why=why, secret=self._keeper.secret)

    def _take_down(self, settled: Settled) -> None:
        secret = settled.sighting.secret
        stock = stock_of(secret) if secret else Stock(b"", b"")
        self._show(stock)
        if isinstance(settled.verdict, Refuse):
            self._failed(settled.verdict.why)
        else:
            self._state = Passing(settled.verdict.why)

    def _show(self, stock: Stock) -> None:
        authority, serving = next(iter(readable_certificates(stock.authorities)), None), stock.served
        self._metrics.certificates_end(
            serving.not_valid_after_utc if serving else None, authority.not_valid_after_utc if authority else None
        )
