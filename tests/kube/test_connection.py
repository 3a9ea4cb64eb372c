import base64
import datetime
import ipaddress
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kube.client import Client
from kube.connection import connect
from kube.credentials import in_cluster
from kube.errors import CredentialsInvalid, Unreachable
from kube.resources import NAMESPACES
from kube.transport import Transport


@dataclass
class Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def pair(name: str, issuer: Pair | None = None, *names: x509.GeneralName) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def authority():
    return pair("test authority")


@pytest.fixture(scope="module")
def serving(authority):
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    return pair("server", authority, loopback, x509.DNSName("api.test"))


@pytest.fixture
def tls_api(api, serving, authority, tmp_path):
    """The API server behind TLS; client certificates of the same authority are accepted, none is demanded."""
    for name, content in {"s.crt": serving.certificate_pem, "s.key": serving.key_pem}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "ca.crt").write_bytes(authority.certificate_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "s.crt", tmp_path / "s.key")
    context.load_verify_locations(tmp_path / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    api.serve_tls(context)
    return api


@pytest.fixture
def kubeconfig(tls_api, authority, tmp_path):
    """Writes a kubeconfig for the server with TLS, and gives its path."""

    def write(user=None, **cluster) -> Path:
        content = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster_entry(tls_api, authority) | cluster}],
            "users": [{"name": "u", "user": user or {}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(content))
        return path

    return write


def cluster_entry(api, authority):
    return {"server": api.url, "certificate-authority-data": data(authority.certificate_pem)}


def data(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def ask(client: Client) -> None:
    client.list(NAMESPACES)
    client.close()


def test_a_kubeconfig_with_a_token_connects_over_tls(kubeconfig, api):
    ask(connect(kubeconfig({"token": "secret"})))
    assert api.requests[0].headers["Authorization"] == "Bearer secret"


def test_the_environment_names_the_kubeconfig_when_no_argument_does(kubeconfig, api, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", f"/absent:{kubeconfig({'token': 'secret'})}")
    ask(connect())
    assert api.requests[0].headers["Authorization"] == "Bearer secret"


def test_a_token_file_beside_the_kubeconfig_goes_before_a_token(kubeconfig, api, tmp_path):
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "t").write_text("from the file\n")
    ask(connect(kubeconfig({"token": "from the field", "tokenFile": "tokens/t"})))
    assert api.requests[0].headers["Authorization"] == "Bearer from the file"


def test_a_client_certificate_is_presented(kubeconfig, api, authority):
    person = pair("person", authority)
    user = {"client-certificate-data": data(person.certificate_pem), "client-key-data": data(person.key_pem)}
    ask(connect(kubeconfig(user)))
    assert api.requests[0].peer == "person"
    assert "Authorization" not in api.requests[0].headers


def test_an_exec_plugin_gives_the_token(kubeconfig, api, tmp_path):
    credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"fresh"}}'
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": [credential]}
    ask(connect(kubeconfig({"exec": plugin})))
    assert api.requests[0].headers["Authorization"] == "Bearer fresh"


def test_a_server_of_another_authority_is_not_trusted(kubeconfig, api):
    stranger = pair("another authority")
    client = connect(kubeconfig(**{"certificate-authority-data": data(stranger.certificate_pem)}))
    with pytest.raises(Unreachable, match="certificate verify failed"):
        ask(client)
    with pytest.raises(Unreachable, match="certificate verify failed"):
        list(client.watch(NAMESPACES, "1"))
    assert api.requests == []


def test_the_servers_name_can_be_given_apart_from_its_address(kubeconfig, api):
    ask(connect(kubeconfig(**{"tls-server-name": "api.test"})))
    with pytest.raises(Unreachable, match="mismatch"):
        ask(connect(kubeconfig(**{"tls-server-name": "other.test"})))
    assert len(api.requests) == 1


def test_a_watch_goes_over_tls_too_and_can_be_closed(kubeconfig, api):
    since = str(api.version)
    api.put("/api/v1/namespaces/a", {})
    client = connect(kubeconfig({"token": "secret"}))
    watch = client.watch(NAMESPACES, since)
    events = iter(watch)
    assert next(events).object["metadata"]["name"] == "a"
    watch.close()
    assert list(events) == []


def test_a_proxy_in_the_environment_is_not_used(kubeconfig, api, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    ask(connect(kubeconfig()))
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "no such kubeconfig", id="absent"),
        pytest.param("", "empty", id="empty"),
        pytest.param("a: [", "not a usable kubeconfig", id="not YAML"),
        pytest.param("[1]", "not a usable kubeconfig", id="a list"),
        pytest.param("{clusters: 7}", "not a usable kubeconfig", id="a field of another type"),
        pytest.param("current-context: x", "not a usable kubeconfig", id="an unknown context"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_refused_by_name(tmp_path, content, says):
    path = tmp_path / "broken"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CredentialsInvalid, match=says) as raised:
        connect(path)
    assert str(path) in str(raised.value)


def test_a_kubeconfig_with_a_proxy_of_its_own_is_refused(kubeconfig):
    with pytest.raises(CredentialsInvalid, match="proxy-url"):
        connect(kubeconfig(**{"proxy-url": "http://proxy:3128"}))


def test_a_pods_service_account_connects_over_tls(tls_api, tmp_path):
    (tmp_path / "token").write_text("of the Pod")
    port = tls_api.url.rsplit(":", 1)[1]
    environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port}
    ask(Client(Transport(in_cluster(environment, tmp_path))))
    assert tls_api.requests[0].headers["Authorization"] == "Bearer of the Pod"


def test_an_ipv6_address_of_the_api_server_is_bracketed(tls_api, tmp_path):
    (tmp_path / "token").write_text("t")
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster(environment, tmp_path).url == "https://[fd00::1]:443"


def test_the_heavy_client_is_not_imported_before_a_kubeconfig_is_read():
    program = "import kube.connection, sys; sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
