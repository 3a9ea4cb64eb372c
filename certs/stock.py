"""What the Secret of the webhook's certificate holds, and each change that is ever made to it.

The Secret is the only memory: whoever leads next, and after any upgrade, goes on from what it holds. In `ca.crt`, the
first authority is the one that signs, with `ca.key`; all others are on their way out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509

from certs.authority import Clock, KeyPair, issue_authority, issue_serving
from certs.bundles import Certificates, pem_of, readable_certificates
from certs.files import ServingFiles
from certs.names import ServingNames


@dataclass(frozen=True, slots=True)
class Stock:
    """The four entries of the Secret, PEM; empty where there is none."""

    authorities: bytes
    authority_key: bytes = field(repr=False)
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)

    @property
    def serving(self) -> ServingFiles:
        """What the webhook is given of it."""
        return ServingFiles(self.authorities, self.certificate, self.key)

    @property
    def trusted(self) -> Certificates:
        """The authorities that can be read; the first of them signs, if the stock has no defect."""
        return readable_certificates(self.authorities)

    @property
    def served(self) -> x509.Certificate | None:
        """The serving certificate, if it can be read."""
        return next(iter(readable_certificates(self.certificate)), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """For which names certificates are made, and how long they and their authority live."""

    names: ServingNames
    lifetime: timedelta
    authority_lifetime: timedelta


def new_stock(plan: Plan, trusted: Iterable[x509.Certificate], clock: Clock) -> Stock:
    """A new authority with nothing signed yet, `trusted` beside it."""
    authority = issue_authority(plan.authority_lifetime, clock)
    return Stock(authority.certificate + pem_of(trusted), authority.key)


def with_new_authority(stock: Stock, plan: Plan, clock: Clock) -> Stock:
    """A new authority is the first, all others stay trusted; what is served stays as it is."""
    fresh = new_stock(plan, stock.trusted, clock)
    return Stock(fresh.authorities, fresh.authority_key, stock.certificate, stock.key)


def with_trusted(stock: Stock, more: Iterable[x509.Certificate]) -> Stock:
    """Trust `more` authorities beside those that are there."""
    authorities = dict.fromkeys((*stock.trusted, *more))
    return Stock(pem_of(authorities), stock.authority_key, stock.certificate, stock.key)


def without(stock: Stock, dropped: Iterable[x509.Certificate]) -> Stock:
    """Trust these no more."""
    gone = set(dropped)
    kept = (authority for authority in stock.trusted if authority not in gone)
    return Stock(pem_of(kept), stock.authority_key, stock.certificate, stock.key)


def with_serving(stock: Stock, plan: Plan, clock: Clock) -> Stock:
    """Serve a new certificate of the first authority. Raises `AuthorityUnusable` where it cannot sign."""
    authority = KeyPair(pem_of(stock.trusted[:1]), stock.authority_key)
    pair = issue_serving(authority, plan.names, plan.lifetime, clock)
    return Stock(stock.authorities, stock.authority_key, pair.certificate, pair.key)
