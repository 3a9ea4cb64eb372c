"""From a kubeconfig or a Pod's service account to a client. The only module that imports `kubernetes`.

Importing it costs a process 20 MB and a quarter of a second on top of urllib3 (14 MB where Flask is already loaded);
importing only `kubernetes.config` costs the same, since the package's first module pulls in all its parts. So it is
imported where a kubeconfig is read and nowhere else: in a Pod it never is. A server that forks workers connects
before the fork, and the workers share the memory.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kube.client import Client
from kube.credentials import Access, TokenFile, in_cluster, trust
from kube.errors import CredentialsInvalid
from kube.transport import Transport


def connect(kubeconfig: Path | None = None) -> Client:
    """A client for the cluster of `kubeconfig`, else of `$KUBECONFIG`, else of the Pod we run in.

    No request is made yet, no socket opened and no thread started, so the client may be handed to forked processes.
    Proxies in the environment are not used: the API server is reached directly. Raises CredentialsInvalid.
    """
    source = str(kubeconfig) if kubeconfig is not None else os.environ.get("KUBECONFIG", "")
    return Client(Transport(from_kubeconfig(source) if source else in_cluster(os.environ)))


def from_kubeconfig(source: str) -> Access:
    """What the current context of a kubeconfig says; `source` is one path, or several as in `$KUBECONFIG`.

    The `kubernetes` client does the reading: tokens, client certificates, basic authentication, exec plugins, OIDC.
    Raises CredentialsInvalid.
    """
    import yaml  # noqa: PLC0415
    from kubernetes.client import Configuration  # noqa: PLC0415
    from kubernetes.config import ConfigException, kube_config  # noqa: PLC0415

    reader: Any = kube_config  # its functions carry no types
    # An empty proxy keeps the constructor from taking one from the environment.
    configuration = Configuration(proxy="", no_proxy="")
    try:
        merged = reader.KubeConfigMerger(source).config
        if merged is None:
            raise CredentialsInvalid(f"{source}: there is no such kubeconfig")
        reader.KubeConfigLoader(config_dict=merged, config_base_path=None).load_and_set(configuration)
        token_file = _token_file(merged)
    except (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CredentialsInvalid(f"{source}: not a usable kubeconfig: {error}") from error
    return _access(configuration, token_file, source)


def _access(configuration: Any, token_file: Path | None, source: str) -> Access:
    if configuration.proxy:
        raise CredentialsInvalid(f"{source}: proxy-url is not supported; reach the API server directly")
    return Access(
        url=configuration.host,
        tls=_tls(configuration, source) if configuration.host.startswith("https:") else None,
        authorization=TokenFile(token_file) if token_file else _refreshed(configuration),
        server_name=configuration.tls_server_name,
    )


def _tls(configuration: Any, source: str) -> Any:
    ca_file = Path(configuration.ssl_ca_cert) if configuration.ssl_ca_cert else None
    context = trust(ca_file, verify=configuration.verify_ssl)
    if configuration.cert_file:
        try:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
        except OSError as error:
            raise CredentialsInvalid(f"{source}: cannot use the client certificate: {error}") from error
    return context


def _refreshed(configuration: Any) -> Callable[[], str | None]:
    lock = threading.Lock()

    def header() -> str | None:
        # The client's own hook, which runs an exec plugin again when its token has expired, is not thread-safe.
        with lock:
            value: str | None = configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        return value

    return header


def _token_file(merged: Any) -> Path | None:
    """The user's `tokenFile`, which the client reads only once: it goes before `token`, as in client-go."""
    wanted = merged["contexts"].get_with_name(merged["current-context"])["context"].safe_get("user")
    user = merged["users"].get_with_name(wanted, safe=True) if merged.safe_get("users") else None
    if user is None or not user.safe_get("user"):
        return None
    path = user["user"].safe_get("tokenFile")
    return Path(user.path).resolve().parent / path if path else None
