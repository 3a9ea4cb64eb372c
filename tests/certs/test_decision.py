"""One row for each state that the Secret, the configurations and the replicas can be in together."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from cryptography import x509

from certs.bundles import fingerprint, pem_of, readable_certificates
from certs.decision import next_step
from certs.names import ServingNames
from certs.seen import ForeignSecret, NoSecret, OurSecret, Published, Replica, Replicas, Seen
from certs.steps import Adopt, AskReplicas, BeginAuthority, Create, Drop, Publish, Refuse, Rest, Serve
from certs.stock import Plan, Stock, new_stock, with_new_authority, with_serving, with_trusted

NAMES = ServingNames.parse(["nfs-steward-webhook.nfs-steward.svc"], [])
PLAN = Plan(NAMES, timedelta(days=90), timedelta(days=900))
SETTLING = 60.0
MUTATING, VALIDATING = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"


@dataclass
class Scene:
    """A cluster as it may be found; by default one in which all is well."""

    clock: object
    stock: Stock | None
    bundles: dict[str, bytes]
    served: list[x509.Certificate | None]
    seconds: float = SETTLING
    asked: bool = True

    def step(self):
        published = tuple(
            Published(kind, (bundle,), {fingerprint(each): self.seconds for each in readable_certificates(bundle)})
            for kind, bundle in self.bundles.items()
        )
        secret = OurSecret(self.stock) if self.stock else NoSecret()
        replicas = self._replicas() if self.asked else None
        return next_step(Seen(self.clock.now, secret, published, replicas), NAMES, SETTLING)

    def _replicas(self):
        everyone = [{each.issuer} if each else set() for each in self.served]
        common = set.intersection(*everyone) if everyone else set()
        known = [authority for bundle in self.bundles.values() for authority in readable_certificates(bundle)]
        serve_for = {fingerprint(each): self.seconds for each in known if each.subject in common}
        each = tuple(Replica(f"webhook-{number}", served) for number, served in enumerate(self.served))
        return Replicas(each, serve_for)


@pytest.fixture
def stock(clock) -> Stock:
    return with_serving(new_stock(PLAN, (), clock), PLAN, clock)


@pytest.fixture
def scene(clock, stock) -> Scene:
    bundles = {MUTATING: stock.authorities, VALIDATING: stock.authorities}
    return Scene(clock, stock, bundles, [stock.served, stock.served])


@pytest.fixture
def changing(scene, clock) -> Scene:
    """A new authority has been put beside the old one, and published everywhere long enough ago."""
    scene.stock = with_new_authority(scene.stock, PLAN, clock)
    scene.bundles = dict.fromkeys(scene.bundles, scene.stock.authorities)
    return scene


def test_nothing_is_done_while_all_is_well(scene):
    assert scene.step() == Rest("all is well")


def test_nothing_is_asked_of_replicas_while_all_is_well(scene):
    scene.asked = False
    assert scene.step() == Rest("all is well")


# The Secret


def test_without_a_secret_one_is_made_and_served_from_at_once(scene):
    scene.stock, scene.bundles, scene.served = None, {MUTATING: b""}, []
    assert scene.step() == Create("there is no Secret yet", (), serve=True)


def test_without_a_configuration_nothing_is_made(scene):
    scene.stock, scene.bundles = None, {}
    assert isinstance(scene.step(), Rest)


def test_without_a_configuration_what_is_there_is_still_renewed(scene, clock):
    scene.bundles = {}
    clock.advance(timedelta(days=61))
    assert isinstance(scene.step(), Serve)


def test_a_secret_of_somebody_else_is_refused_with_the_reason(scene):
    seen = Seen(scene.clock.now, ForeignSecret("it is theirs"), ())
    assert next_step(seen, NAMES, SETTLING) == Refuse("it is theirs")


def test_a_secret_that_was_deleted_is_made_anew_and_what_is_published_stays_trusted(scene, stock):
    scene.stock = None
    step = scene.step()
    assert isinstance(step, Create)
    assert step.trusted == stock.trusted
    assert not step.serve  # replicas serve the old one still: a new one could reach them before API servers know it


def test_a_secret_that_was_deleted_while_no_replica_can_be_reached_is_served_from_at_once(scene):
    scene.stock, scene.served = None, [None, None]
    assert scene.step().serve


def test_before_a_deleted_secret_is_made_anew_the_replicas_are_asked(scene):
    scene.stock, scene.asked = None, False
    assert isinstance(scene.step(), AskReplicas)


def test_what_is_published_and_long_expired_does_not_count(scene, clock):
    scene.stock = None
    clock.advance(timedelta(days=901))
    assert scene.step() == Create("there is no Secret yet", (), serve=True)


# Publishing


@pytest.mark.parametrize("lacking", [MUTATING, VALIDATING])
@pytest.mark.parametrize("bundle", [pytest.param(b"", id="no bundle"), pytest.param(b"nonsense", id="nonsense")])
def test_a_configuration_without_our_authority_gets_it(scene, stock, lacking, bundle):
    scene.bundles[lacking] = bundle
    step = scene.step()
    assert isinstance(step, Publish)
    assert (step.configuration, step.bundle) == (lacking, stock.authorities)


def test_a_configuration_of_which_one_entry_lacks_it_gets_it(scene, stock):
    seen = Seen(scene.clock.now, OurSecret(stock), (Published(MUTATING, (stock.authorities, b""), {}),))
    assert isinstance(next_step(seen, NAMES, SETTLING), Publish)


def test_authorities_that_an_earlier_keeper_published_are_taken_in_before_they_are_replaced(scene, clock):
    other = new_stock(PLAN, (), clock)
    scene.bundles[VALIDATING] = other.authorities
    step = scene.step()
    assert isinstance(step, Adopt)
    assert step.authorities == other.trusted


def test_authorities_that_the_secret_has_dropped_are_not_taken_in_again(scene, stock, clock):
    other = new_stock(PLAN, (), clock)
    scene.bundles[VALIDATING] = stock.authorities + other.authorities
    assert isinstance(scene.step(), Publish)


# Renewal


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(59, Rest, id="before two thirds of its life"),
        pytest.param(61, Serve, id="after two thirds of its life"),
        pytest.param(91, Serve, id="after its end"),
    ],
)
def test_a_certificate_is_renewed_by_the_same_authority(scene, clock, days, expected):
    clock.advance(timedelta(days=days))
    assert isinstance(scene.step(), expected)


@pytest.mark.parametrize("days", [61, 91])
def test_an_authority_that_has_signed_before_is_waited_for_no_more(scene, clock, days):
    clock.advance(timedelta(days=days))
    scene.seconds = 0
    assert isinstance(scene.step(), Serve)


def test_other_names_are_a_reason_for_another_certificate(scene):
    published = (Published(MUTATING, (scene.stock.authorities,), {fingerprint(scene.stock.trusted[0]): SETTLING}),)
    seen = Seen(scene.clock.now, OurSecret(scene.stock), published)
    step = next_step(seen, ServingNames.parse(["other.svc"], []), SETTLING)
    assert isinstance(step, Serve)
    assert "lacks the names other.svc" in step.why


# A change of authority


def test_a_new_authority_is_begun_when_two_thirds_of_the_old_ones_life_are_over(scene, clock):
    clock.advance(timedelta(days=601))
    scene.stock = with_serving(scene.stock, PLAN, clock)
    step = scene.step()
    assert isinstance(step, BeginAuthority)
    assert not step.damaged


def test_both_authorities_are_published_first(scene, clock):
    scene.stock = with_new_authority(scene.stock, PLAN, clock)
    step = scene.step()
    assert isinstance(step, Publish)
    assert len(readable_certificates(step.bundle)) == 2


def test_the_new_one_signs_nothing_before_every_api_server_can_know_it(changing):
    changing.seconds = SETTLING - 1
    assert isinstance(changing.step(), Rest)


def test_the_new_one_signs_once_every_api_server_can_know_it(changing):
    assert changing.step() == Serve("its authority has a successor", damaged=False)


def test_a_configuration_that_was_just_put_back_holds_the_new_one_up(changing):
    known = {fingerprint(each): SETTLING for each in changing.stock.trusted}
    bundle = changing.stock.authorities
    published = (Published(MUTATING, (bundle,), known), Published(VALIDATING, (bundle,), dict.fromkeys(known, 1.0)))
    seen = Seen(changing.clock.now, OurSecret(changing.stock), published)
    assert isinstance(next_step(seen, NAMES, SETTLING), Rest)


@pytest.fixture
def served_anew(changing, clock) -> Scene:
    """The new authority has signed, and every replica has served that for long enough."""
    changing.stock = with_serving(changing.stock, PLAN, clock)
    changing.served = [changing.stock.served] * 2
    return changing


def test_the_old_one_is_dropped_when_every_replica_serves_the_new_ones_certificate(served_anew):
    step = served_anew.step()
    assert isinstance(step, Drop)
    assert step.authorities == served_anew.stock.trusted[1:]


def test_before_the_old_one_is_dropped_the_replicas_are_asked(served_anew):
    served_anew.asked = False
    assert isinstance(served_anew.step(), AskReplicas)


@pytest.mark.parametrize(
    "lagging",
    [
        pytest.param(lambda scene, old: replace(scene, served=[scene.stock.served, old]), id="one that serves the old"),
        pytest.param(lambda scene, _: replace(scene, served=[scene.stock.served, None]), id="one that is silent"),
        pytest.param(lambda scene, _: replace(scene, served=[]), id="no replica to be seen"),
        pytest.param(lambda scene, _: replace(scene, seconds=SETTLING - 1), id="one that has only just taken it"),
    ],
)
def test_the_old_one_stays_trusted_while_a_replica_may_serve_it(served_anew, stock, lagging):
    assert isinstance(lagging(served_anew, stock.served).step(), Rest)


def test_an_expired_one_is_dropped_whatever_replicas_serve(scene, clock):
    clock.advance(timedelta(days=890))
    stock = with_serving(with_new_authority(scene.stock, PLAN, clock), PLAN, clock)
    clock.advance(timedelta(days=11))
    scene.stock, scene.served = stock, [None, None]
    scene.bundles = dict.fromkeys(scene.bundles, stock.authorities)
    step = scene.step()
    assert isinstance(step, Drop)
    assert step.authorities == stock.trusted[1:]


def test_the_next_change_may_begin_while_a_replica_still_lags(served_anew, stock, clock):
    clock.advance(timedelta(days=601))
    served_anew.stock = with_serving(served_anew.stock, PLAN, clock)
    served_anew.served = [stock.served, served_anew.stock.served]
    assert isinstance(served_anew.step(), BeginAuthority)


# Damage


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param({"authorities": b""}, "ca.crt holds no certificate", id="no ca.crt"),
        pytest.param({"authorities": b"nonsense"}, "ca.crt holds no certificate", id="ca.crt is nonsense"),
        pytest.param({"authority_key": b""}, "ca.key holds no key", id="no ca.key"),
        pytest.param({"authority_key": b"nonsense"}, "ca.key holds no key", id="ca.key is nonsense"),
    ],
)
def test_an_authority_that_cannot_sign_gets_a_successor_with_a_warning(scene, damage, told):
    scene.stock = replace(scene.stock, **damage)
    step = scene.step()
    assert isinstance(step, BeginAuthority)
    assert step.damaged
    assert told in step.why


def test_another_authoritys_key_is_damage_too(scene, clock):
    scene.stock = replace(scene.stock, authority_key=new_stock(PLAN, (), clock).authority_key)
    assert scene.step().damaged


@pytest.mark.parametrize("entry", ["certificate", "key"])
def test_a_damaged_pair_is_signed_anew_by_the_same_authority_with_a_warning(scene, entry):
    scene.stock = replace(scene.stock, **{entry: b"nonsense"})
    step = scene.step()
    assert isinstance(step, Serve)
    assert step.damaged


def test_replicas_that_serve_what_they_had_are_not_given_what_api_servers_may_not_know(scene, clock):
    scene.stock = replace(with_new_authority(scene.stock, PLAN, clock), certificate=b"", key=b"")
    scene.bundles = dict.fromkeys(scene.bundles, scene.stock.authorities)
    scene.seconds = 0
    assert isinstance(scene.step(), Rest)
    scene.served = [None, None]
    assert isinstance(scene.step(), Serve)


def test_an_expired_authority_gets_a_successor_which_is_no_damage(scene, clock):
    clock.advance(timedelta(days=901))
    step = scene.step()
    assert isinstance(step, BeginAuthority)
    assert not step.damaged


def test_a_clock_that_is_behind_the_authority_is_told_and_replaces_nothing(scene, clock):
    clock.advance(-timedelta(days=1))
    step = scene.step()
    assert isinstance(step, Refuse)
    assert "this clock says" in step.why


def test_a_bundle_reads_the_same_however_it_was_wrapped(stock, clock):
    both = with_trusted(stock, new_stock(PLAN, (), clock).trusted)
    wrapped = both.authorities.replace(b"\n-----BEGIN", b"\n\n# a comment\n-----BEGIN")
    assert readable_certificates(wrapped) == both.trusted
    assert pem_of(readable_certificates(wrapped)) == both.authorities
