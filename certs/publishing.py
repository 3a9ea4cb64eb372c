"""What to do next about a certificate that somebody else keeps: only its authority is published. Pure.

A change of authority is theirs, too: `ca.crt` has to hold the old one beside the new one for as long as it takes until
every replica serves the new certificate, which a kubelet brings within a minute or two.
"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from certs.bundles import chains_to, readable_certificates
from certs.files import AUTHORITY_FILE, CERTIFICATE_FILE
from certs.seen import Published
from certs.steps import Publish, Refuse, Rest, Step
from certs.stock import Stock


def next_publication(stock: Stock | None, published: Sequence[Published], now: datetime) -> Step:
    """Decide what to do next about the Secret that holds `stock`; None: there is no such Secret."""
    if stock is None:
        return Refuse("there is no such Secret")
    if objection := _objection(stock, now):
        return Refuse(objection)
    for each in published:
        if any(bundle != stock.authorities for bundle in each.bundles):
            return Publish("it does not carry the Secret's authorities", each.configuration, stock.authorities)
    return Rest("all is well")


def _objection(stock: Stock, now: datetime) -> str | None:
    if not stock.authorities:
        return f"it has no {AUTHORITY_FILE}, so the API server cannot be told whom to trust"
    try:
        authorities = x509.load_pem_x509_certificates(stock.authorities)
    except ValueError:
        return f"its {AUTHORITY_FILE} holds no certificate"
    chain = readable_certificates(stock.certificate)
    if not chain:
        return f"its {CERTIFICATE_FILE} holds no certificate"
    if not chains_to(chain, authorities):
        return f"no authority in its {AUTHORITY_FILE} signed its {CERTIFICATE_FILE}"
    if now >= chain[0].not_valid_after_utc:
        return f"its {CERTIFICATE_FILE} has expired"
    return None
