"""Waiting for the first certificate: what fills a Secret, and what starts the webhook, start in any order."""

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from certs.errors import CertificateError
from runtime.logs import get_logger
from runtime.stopping import STOP_SIGNALS, stop_on_signals
from webhook.tls import ServedCertificate

_LOG: Final = get_logger(__name__)
_LOOK_SECONDS: Final = 0.5


def first_certificate(
    directory: Path, patience: timedelta, clock: Callable[[], float] = time.monotonic
) -> ServedCertificate | None:
    """The certificate in `directory`, as soon as one is there that can be served; None when SIGTERM or SIGINT came
    first. Nothing listens meanwhile, so that a kubelet sees a Pod that is starting. To be called from the main thread.

    Raises `CertificateError` where there is none after `patience`, of which the log tells at the beginning.
    """
    give_up = clock() + patience.total_seconds()
    try:
        return ServedCertificate(directory)
    except CertificateError as error:
        if not patience:
            raise
        _LOG.warning("waiting for the certificate", reason=str(error), seconds=patience.total_seconds())
    earlier = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    stop = stop_on_signals()
    try:
        while not stop.wait(_LOOK_SECONDS):
            try:
                return ServedCertificate(directory)
            except CertificateError:
                if clock() >= give_up:
                    raise
        return None
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
