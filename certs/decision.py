"""What to do next about the webhook's certificate: a pure decision, one step at a time.

What must hold at every moment: whatever any replica serves, every API server trusts. Neither learns of a change at
once. API servers see a new `caBundle` through a watch; kubelets bring a changed Secret to a Pod within a minute or two
(https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically). So

- an authority signs its first certificate only after every configuration has been seen to carry it for a while;
- a bundle loses an authority only after every replica has been seen for a while to serve another one's certificates,
  or when it has expired and nobody trusts it any more;
- in between, what is served is left alone. Only where the API server can reach nobody anyway is nothing waited for.

Every step leaves the Secret and the configurations in a state from which this function goes on.
"""

from datetime import datetime

from cryptography import x509

from certs.bundles import Certificates, chains_to, fingerprint, readable_certificates, signed_by, valid_at
from certs.names import ServingNames
from certs.renewal import authority_defect, old_age, renewal_reason, serving_defect
from certs.seen import ForeignSecret, NoSecret, OurSecret, Seen
from certs.steps import Adopt, AskReplicas, BeginAuthority, Create, Drop, Publish, Refuse, Rest, Serve, Step
from certs.stock import Stock


def next_step(seen: Seen, names: ServingNames, settling: float) -> Step:
    """Decide what to do next, for a certificate with these names. `settling`: how long, in seconds, a change must have
    been seen to hold before it counts as known to all API servers, or to all processes of a replica.
    """
    match seen.secret:
        case ForeignSecret(why):
            return Refuse(why)
        case NoSecret():
            return _first_step(seen)
        case OurSecret(stock):
            return _next_step_with(stock, seen, names, settling)


def _first_step(seen: Seen) -> Step:
    if not seen.published:
        return Rest("no webhook configuration calls the webhook, so nobody needs a certificate")
    trusted = _published_authorities(seen)
    if not trusted:
        return Create("there is no Secret yet", (), serve=True)
    if seen.replicas is None:
        return AskReplicas("the Secret is gone, and an authority is published")
    why = "the Secret is gone; the authorities that are published stay trusted"
    return Create(why, trusted, serve=not _reaches_any(seen))


def _next_step_with(stock: Stock, seen: Seen, names: ServingNames, settling: float) -> Step:
    if defect := authority_defect(stock.authorities, stock.authority_key):
        return BeginAuthority(defect, damaged=True)
    current = stock.trusted[0]
    if seen.now < current.not_valid_before_utc:
        return Refuse(f"this clock says {seen.now:%Y-%m-%d %H:%M} UTC, when the authority is not valid yet")
    if seen.now >= current.not_valid_after_utc:
        return BeginAuthority(f"the authority expired at {current.not_valid_after_utc:%Y-%m-%d} UTC", damaged=False)
    return (
        _adoption(stock, current, seen)
        or _publication(stock, seen)
        or _serving(stock, current, seen, names, settling)
        or _succession(current, seen.now)
        or _farewell(stock, current, seen, settling)
        or Rest("all is well")
    )


def _adoption(stock: Stock, current: x509.Certificate, seen: Seen) -> Step | None:
    """A configuration that knows nothing of our authority, but others that we do not: it was published by an earlier
    Secret than this one, such as one that was put back from a backup, or by another keeper of certificates.
    """
    known = set(stock.trusted)
    others = [
        authority
        for each in seen.published
        if not any(current in readable_certificates(bundle) for bundle in each.bundles)
        for bundle in each.bundles
        for authority in readable_certificates(bundle)
        if authority not in known and valid_at(authority, seen.now)
    ]
    if not others:
        return None
    return Adopt("authorities are published that the Secret does not hold", tuple(dict.fromkeys(others)))


def _publication(stock: Stock, seen: Seen) -> Step | None:
    for each in seen.published:
        if any(bundle != stock.authorities for bundle in each.bundles):
            return Publish("it does not carry the Secret's authorities", each.configuration, stock.authorities)
    return None


def _serving(stock: Stock, current: x509.Certificate, seen: Seen, names: ServingNames, settling: float) -> Step | None:
    defect = serving_defect(stock.serving, names, seen.now)
    its_own = stock.served is not None and signed_by(stock.served, current)
    why = renewal_reason(stock.serving, names, seen.now) or ("" if its_own else "its authority has a successor")
    if not why:
        return None
    if its_own or _settled(current, seen, settling):
        return Serve(why, damaged=defect is not None)
    if not defect:
        return Rest(f"{why}: a new one is signed when every API server can know its authority")
    if seen.replicas is None:
        return AskReplicas(why)
    if _reaches_any(seen):
        return Rest(f"{why}: replicas serve an earlier one until every API server can know the authority")
    return Serve(why, damaged=True)


def _succession(current: x509.Certificate, now: datetime) -> Step | None:
    reason = old_age(current, "the authority", now)
    return BeginAuthority(reason, damaged=False) if reason else None


def _farewell(stock: Stock, current: x509.Certificate, seen: Seen, settling: float) -> Step | None:
    others = stock.trusted[1:]
    expired = tuple(authority for authority in others if seen.now >= authority.not_valid_after_utc)
    if expired:
        return Drop("expired, so that nobody trusts them any more", expired)
    if not others:
        return None
    if seen.replicas is None:
        return AskReplicas("earlier authorities are still trusted")
    if seen.replicas.all_serve_for.get(fingerprint(current), -1.0) < settling:
        return Rest("earlier authorities stay trusted until every replica has been seen to serve a new certificate")
    return Drop("every replica serves a certificate of their successor", others)


def _settled(current: x509.Certificate, seen: Seen, settling: float) -> bool:
    return all(each.trusted_for.get(fingerprint(current), -1.0) >= settling for each in seen.published)


def _reaches_any(seen: Seen) -> bool:
    """Whether some replica serves what some API server trusts, so that there is something to lose."""
    authorities = _published_authorities(seen)
    for replica in seen.replicas.each if seen.replicas else ():
        served = replica.certificate
        if served and valid_at(served, seen.now) and chains_to((served,), authorities):
            return True
    return False


def _published_authorities(seen: Seen) -> Certificates:
    bundles = (bundle for each in seen.published for bundle in each.bundles)
    found = (authority for bundle in bundles for authority in readable_certificates(bundle))
    return tuple(dict.fromkeys(authority for authority in found if valid_at(authority, seen.now)))
