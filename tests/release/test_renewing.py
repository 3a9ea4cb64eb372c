"""The certificate of an installation is renewed while claims are created all the time."""

import base64
import ssl
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName, load_pem_x509_certificate

from certs.authority import KeyPair, issue_serving
from certs.names import ServingNames
from kube import resources
from policy.shapes import Json
from testbed.product.chart import NAMESPACE
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .load import Load
from .site import TLS, Site

AGE = timedelta(minutes=4, seconds=45)  # of a life of six; the authority is five minutes older than its making


def test_a_certificate_that_has_lived_two_thirds_of_its_life_is_replaced_unnoticed(site: Site, load: Load) -> None:
    trusted, before = site.bundles(), site.secret()
    aged = old_certificate(before)
    site.client.patch(resources.SECRETS, TLS, {"data": encoded(aged)}, NAMESPACE, type="merge")
    wait_for(
        "its successor in the Secret", lambda: serving(site.secret()) not in (aged.certificate, serving(before)), WITHIN
    )
    fresh = serving(site.secret())
    for pod in site.release.pods("webhook"):
        address = pod["status"]["podIP"]
        wait_for(f"{address} to serve it", lambda address=address: served(address) == fresh, WITHIN)
    load.wait_for_more()
    assert load.failures == []
    assert site.bundles() == trusted


def old_certificate(secret: Json) -> KeyPair:
    """One like that in the Secret, by the same authority, that has lived more than two thirds of its life."""
    data = {name: base64.b64decode(value) for name, value in secret["data"].items()}
    alternatives = load_pem_x509_certificate(data["tls.crt"]).extensions.get_extension_for_class(SubjectAlternativeName)
    names = ServingNames(
        tuple(alternatives.value.get_values_for_type(DNSName)), tuple(alternatives.value.get_values_for_type(IPAddress))
    )
    authority = KeyPair(data["ca.crt"], data["ca.key"])
    return issue_serving(authority, names, timedelta(minutes=6), lambda: datetime.now(UTC) - AGE)


def encoded(pair: KeyPair) -> dict[str, str]:
    """A certificate and its key, as a Secret has them."""
    return {
        "tls.crt": base64.b64encode(pair.certificate).decode(),
        "tls.key": base64.b64encode(pair.key).decode(),
    }


def serving(secret: Json) -> bytes:
    """The certificate in a Secret."""
    return base64.b64decode(secret["data"]["tls.crt"])


def served(address: str) -> bytes:
    """The certificate that a Pod shows."""
    shown = load_pem_x509_certificate(ssl.get_server_certificate((address, 8443), timeout=WITHIN).encode())
    return shown.public_bytes(Encoding.PEM)
