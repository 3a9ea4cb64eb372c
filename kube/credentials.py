"""Where the API server is, and how we prove to it who we are.

Nothing here is cached for good: a Pod's token is replaced about every hour, and the old one ends.
https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
"""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kube.errors import CredentialsInvalid

# https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api
SERVICE_ACCOUNT_DIRECTORY: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_TOKEN_REREAD_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """One API server as seen by one user.

    `url` may end in a path (behind a Rancher proxy it does). `tls` is `None` for plain HTTP. `server_name` is checked
    in the certificate instead of the host in `url`. `authorization` gives the header for the next request, or `None`
    where a client certificate says it all.
    """

    url: str
    tls: ssl.SSLContext | None
    authorization: Callable[[], str | None]
    server_name: str | None = None


class TokenFile:
    """A bearer token in a file that somebody else replaces.

    The file is read again once a minute, as client-go does; where that fails, the last token stays, since it is
    usually valid for a while and an empty file is often about to be filled. Raises CredentialsInvalid if there has
    never been one.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._header = f"Bearer {self._read()}"
        self._due = clock() + _TOKEN_REREAD_SECONDS

    def __call__(self) -> str:
        """The `Authorization` header for a request made now."""
        # Without a lock: two threads may both read the file, and both find the same thing.
        if self._clock() >= self._due:
            self._due = self._clock() + _TOKEN_REREAD_SECONDS
            self._reread()
        return self._header

    def _reread(self) -> None:
        try:
            self._header = f"Bearer {self._read()}"
        except CredentialsInvalid:
            return

    def _read(self) -> str:
        try:
            token = self._path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialsInvalid(f"{self._path}: cannot read the token: {error}") from error
        if not token:
            raise CredentialsInvalid(f"{self._path}: the token is empty")
        return token


def in_cluster(environment: Mapping[str, str], directory: Path = SERVICE_ACCOUNT_DIRECTORY) -> Access:
    """The API server and service account of the Pod we run in.

    Read here and not by the `kubernetes` client, which knows the same three files but costs every process 14 MB and
    a quarter of a second to import. Raises CredentialsInvalid outside a Pod.
    """
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise CredentialsInvalid(
            "no API server to talk to: give --kubeconfig or set KUBECONFIG (this is no Pod: KUBERNETES_SERVICE_HOST "
            "is not set)"
        )
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Access(f"https://{authority}", trust(directory / "ca.crt"), TokenFile(directory / "token"))


def trust(ca_file: Path | None, *, verify: bool = True) -> ssl.SSLContext:
    """A TLS context that trusts the authorities in `ca_file` alone, or those of the system where there is none.

    Raises CredentialsInvalid when the file cannot be read or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:
        raise CredentialsInvalid(f"{ca_file}: cannot read the certificate authority: {error}") from error
    # Python 3.13 turned this on by default. It refuses authorities without a key usage extension, which clusters
    # that made their own certificates often have, and which Go accepts.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
