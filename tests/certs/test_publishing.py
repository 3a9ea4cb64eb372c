from dataclasses import replace
from datetime import timedelta

import pytest

from certs.publishing import next_publication
from certs.seen import Published
from certs.steps import Publish, Refuse, Rest
from certs.stock import Plan, Stock, new_stock, with_serving

MUTATING = "MutatingWebhookConfiguration"


@pytest.fixture
def stock(names, clock) -> Stock:
    """A Secret that somebody else has filled; they do not give us their authority's key."""
    plan = Plan(names, timedelta(days=30), timedelta(days=90))
    return replace(with_serving(new_stock(plan, (), clock), plan, clock), authority_key=b"")


def test_their_authority_is_published_where_it_is_not(stock, clock):
    published = (Published("other", (stock.authorities,), {}), Published(MUTATING, (stock.authorities, b""), {}))
    step = next_publication(stock, published, clock.now)
    assert isinstance(step, Publish)
    assert (step.configuration, step.bundle) == (MUTATING, stock.authorities)


def test_nothing_is_done_where_it_is_published(stock, clock):
    assert next_publication(stock, (Published(MUTATING, (stock.authorities,), {}),), clock.now) == Rest("all is well")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param({"authorities": b""}, "it has no ca.crt", id="no ca.crt"),
        pytest.param({"authorities": b"nonsense"}, "its ca.crt holds no certificate", id="ca.crt is nonsense"),
        pytest.param({"certificate": b""}, "its tls.crt holds no certificate", id="no tls.crt"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(stock, clock, damage, told):
    step = next_publication(replace(stock, **damage), (Published(MUTATING, (b"",), {}),), clock.now)
    assert isinstance(step, Refuse)
    assert told in step.why


def test_an_authority_that_did_not_sign_is_refused(stock, authority, clock):
    step = next_publication(replace(stock, authorities=authority.certificate), (), clock.now)
    assert step == Refuse("no authority in its ca.crt signed its tls.crt")


def test_a_certificate_that_has_expired_is_refused(stock, clock):
    clock.advance(timedelta(days=31))
    assert next_publication(stock, (), clock.now) == Refuse("its tls.crt has expired")


def test_a_missing_secret_is_told(clock):
    assert next_publication(None, (), clock.now) == Refuse("there is no such Secret")
