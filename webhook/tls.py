"""The certificate that is served: the last good pair of the files, swapped whole when they change.

New connections get the new context, established ones keep theirs. A pair is judged by a handshake in memory against the
authorities in the file beside it: what clients will find is what is checked.
"""

import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certs.errors import CertificateError
from certs.files import CERTIFICATE_FILE, KEY_FILE, ServingFiles, read_files
from runtime.health import CheckResult, Failing, Passing
from runtime.logs import get_logger
from webhook.errors import CertificateRefused
from webhook.handshake import verified_expiry
from webhook.sockets import BoundedSocket

LOOK_SECONDS: Final = 2.0
_JUDGED_FOR_SECONDS: Final = 60.0

_LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A certificate with its key, as the files held them, and the context that was made of them."""

    certificate: bytes
    key: bytes
    context: ssl.SSLContext

    def is_of(self, files: ServingFiles) -> bool:
        return (self.certificate, self.key) == (files.certificate, files.key)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What clients make of the pair: `objection` is empty where they accept it, until `expires` (seconds since 1970).

    It holds for these `authorities`, and for a while: an authority can expire, too. `at` is of the monotonic clock.
    """

    authorities: bytes
    at: float
    expires: float
    objection: str


class ServedCertificate:
    """The pair served from `directory`. The constructor raises `CertificateError` where there is none to begin with.

    `start` begins to look for changes, in a thread of its own; it belongs after a fork.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        files = read_files(directory)
        self._pair = _load(directory, files)
        self._judgement = _judge(self._pair, files.authorities)
        self._refused = ""
        self._stop = threading.Event()

    @property
    def context(self) -> ssl.SSLContext:
        """The context for new connections."""
        return self._pair.context

    @property
    def expires(self) -> float:
        """When the served certificate ends, in seconds since 1970; 0 where clients refuse it."""
        return self._judgement.expires

    def check(self) -> CheckResult:
        """Whether clients that trust the authorities in the directory accept what is served."""
        judgement = self._judgement
        if judgement.objection:
            return Failing(judgement.objection)
        left = judgement.expires - time.time()
        return Passing(f"{left / 86400:.1f} days left") if left > 0 else Failing("the certificate has expired")

    def start(self, interval: float = LOOK_SECONDS) -> None:
        """Look at the files every `interval` seconds from now on."""
        threading.Thread(target=self._run, args=(interval,), name="certificate-files", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Look at the files now: serve what has changed, or say why not and keep the last good pair."""
        try:
            self._compare(read_files(self._directory))
        except CertificateError as error:
            self._refuse(str(error))
        else:
            self._refused = ""

    def _compare(self, files: ServingFiles) -> None:
        known = self._judgement
        if known.authorities != files.authorities or time.monotonic() - known.at > _JUDGED_FOR_SECONDS:
            self._judgement = _judge(self._pair, files.authorities)
        if not self._pair.is_of(files):
            self._take(_load(self._directory, files), files.authorities)

    def _take(self, pair: _Pair, authorities: bytes) -> None:
        """Serve `pair` if clients will accept it, or if they do not accept what is served now either."""
        wanted = _judge(pair, authorities)
        if wanted.objection and not self._judgement.objection:
            raise CertificateRefused(f"{self._directory}: {wanted.objection}")
        self._pair, self._judgement = pair, wanted
        _LOG.info("certificate reloaded", directory=str(self._directory), expires=wanted.expires)

    def _refuse(self, reason: str) -> None:
        if reason != self._refused:
            self._refused = reason
            _LOG.error("certificate refused, the last good one stays", directory=str(self._directory), reason=reason)

    def _run(self, interval: float) -> None:
        while not self._stop.wait(interval):
            self.look()


def _judge(pair: _Pair, authorities: bytes) -> _Judgement:
    try:
        expires, objection = verified_expiry(pair.context, authorities), ""
    except CertificateRefused as error:
        expires, objection = 0.0, str(error)
    return _Judgement(authorities, time.monotonic(), expires, objection)


def _load(directory: Path, files: ServingFiles) -> _Pair:
    """A context with the pair; raises `CertificateRefused` where the two do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = BoundedSocket
    try:
        context.load_cert_chain(directory / CERTIFICATE_FILE, directory / KEY_FILE)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise CertificateRefused(
            f"{directory}: {CERTIFICATE_FILE} and {KEY_FILE} cannot be served: {reason}"
        ) from error
    if not _still_the_same(directory, files):
        raise CertificateRefused(f"{directory}: the files changed while they were read")
    return _Pair(files.certificate, files.key, context)


def _still_the_same(directory: Path, files: ServingFiles) -> bool:
    # OpenSSL reads certificates from files alone, so what it has read is only known by reading once more.
    return read_files(directory) == files
