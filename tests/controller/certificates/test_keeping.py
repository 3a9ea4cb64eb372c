"""Keeping the certificate, step by step, in a cluster in memory: also by processes that die between any two steps."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from certs.authority import issue_authority
from certs.bundles import readable_certificates
from certs.renewal import authority_defect, renewal_reason
from certs.steps import Refuse, Rest
from controller.certificates.keeping import Contested, Keeper
from controller.certificates.manifests import new_secret
from controller.decisions.actions import Tell
from controller.duties.settling import NotLeading
from controller.gateway import ChangedMeanwhile
from policy.errors import StewardError

from .conftest import OPTIONS, SETTLING, MakeKeeper
from .world import KINDS, NAMES, NAMESPACE, SECRET, Api, TurnedClock, WebhookReplica

MUTATING, VALIDATING = KINDS
SETTLED = timedelta(seconds=SETTLING)


class Died(StewardError):
    """The process is gone before its next effect."""


@pytest.fixture
def kept(api: Api, make_keeper: MakeKeeper, replicas: list[WebhookReplica], clock: TurnedClock) -> Keeper:
    """A keeper of a cluster in which all is well."""
    for kind in KINDS:
        api.configure(kind)
    keeper = make_keeper()
    keeper.settle()
    for replica in replicas:
        replica.follow()
    clock.turn(SETTLED)
    keeper.settle()
    return keeper


def is_well(api: Api, clock: TurnedClock) -> bool:
    """Whether what the Secret holds is good, and published."""
    stock = api.stock
    good = not renewal_reason(stock.serving, NAMES, clock.now()) and not authority_defect(
        stock.authorities, stock.authority_key
    )
    return good and all(api.bundle(kind) == stock.authorities for kind in KINDS)


def reasons(told: list[Tell]) -> list[str]:
    return [f"{event.type} {event.reason}" for event in told]


def test_the_first_start_ends_with_a_secret_that_is_published(
    api: Api, make_keeper: MakeKeeper, clock: TurnedClock, told: list[Tell]
) -> None:
    for kind in KINDS:
        api.configure(kind)
    assert make_keeper().settle().verdict == Rest("all is well")
    assert is_well(api, clock)
    assert reasons(told) == ["Normal CertificateIssued"]
    secret = api.objects["Secret", SECRET]
    assert secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "nfs-steward"
    assert sorted(secret["data"]) == ["ca.crt", "ca.key", "tls.crt", "tls.key"]


def test_nothing_is_made_before_there_is_a_configuration(api: Api, make_keeper: MakeKeeper, clock: TurnedClock) -> None:
    keeper = make_keeper()
    assert isinstance(keeper.settle().verdict, Rest)
    assert api.objects == {}
    for kind in KINDS:
        api.configure(kind)
    keeper.settle()
    assert is_well(api, clock)


def test_nothing_is_written_while_all_is_well(kept: Keeper, api: Api) -> None:
    before = len(api.history)
    for _ in range(3):
        kept.settle()
    assert len(api.history) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_that_is_applied_anew_gets_the_bundle_again(kept: Keeper, api: Api, kind: str) -> None:
    authorities = api.stock.authorities
    api.configure(kind)
    kept.settle()
    assert api.bundle(kind) == authorities == api.stock.authorities


def test_entries_that_call_somebody_else_are_left_alone(kept: Keeper, api: Api) -> None:
    api.configure(MUTATING)
    theirs = {"name": "theirs", "clientConfig": {"service": {"name": "other", "namespace": NAMESPACE}}}
    api.objects[MUTATING, "nfs-steward"]["webhooks"].insert(0, theirs)
    kept.settle()
    first, *ours = api.objects[MUTATING, "nfs-steward"]["webhooks"]
    assert first == theirs
    assert all("caBundle" in each["clientConfig"] for each in ours)


def test_renewal_keeps_the_authority_across_restarts(
    kept: Keeper, api: Api, make_keeper: MakeKeeper, clock: TurnedClock
) -> None:
    before = api.stock
    clock.turn(timedelta(days=41))
    make_keeper().settle()
    assert (api.stock.authorities, api.stock.authority_key) == (before.authorities, before.authority_key)
    assert api.stock.certificate != before.certificate
    assert is_well(api, clock)


def test_a_change_of_authority_goes_through_all_of_its_steps(
    kept: Keeper, api: Api, clock: TurnedClock, replicas: list[WebhookReplica], told: list[Tell]
) -> None:
    old = api.stock
    while len(api.stock.trusted) == 1:
        clock.turn(timedelta(days=7))
        told.clear()
        kept.settle()
        for replica in replicas:
            replica.follow()
    both = api.stock
    assert both.trusted[1:] == old.trusted
    assert timedelta(days=266) < clock.now() - old.trusted[0].not_valid_before_utc < timedelta(days=274)
    assert api.bundle(MUTATING) == api.bundle(VALIDATING) == both.authorities
    clock.turn(SETTLED)
    kept.settle()
    assert api.stock.certificate != both.certificate
    for replica in replicas:
        replica.follow()
        kept.settle()
        assert api.stock.authorities == both.authorities
    clock.turn(SETTLED)
    kept.settle()
    assert api.stock.trusted == both.trusted[:1]
    assert is_well(api, clock)
    assert reasons(told) == ["Normal AuthorityBegun", "Normal CertificateIssued", "Normal AuthorityDropped"]


def test_a_secret_of_somebody_else_is_never_touched(
    api: Api, make_keeper: MakeKeeper, told: list[Tell], clock: TurnedClock
) -> None:
    theirs = {"metadata": {"name": SECRET, "labels": {"app.kubernetes.io/managed-by": "Helm"}}, "data": {}}
    api.put("Secret", theirs)
    api.configure(MUTATING)
    verdict = make_keeper().settle().verdict
    assert isinstance(verdict, Refuse)
    assert "says app.kubernetes.io/managed-by: Helm" in verdict.why
    assert reasons(told) == ["Warning CertificateNotKept"]
    assert len(api.history) == 2


def damage(api: Api, **entries: bytes) -> None:
    secret = api.objects["Secret", SECRET]
    for entry, content in entries.items():
        secret["data"][entry.replace("_", ".")] = base64.b64encode(content).decode()
    api.put("Secret", secret)


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param({"tls_crt": b"nonsense"}, id="the certificate"),
        pytest.param({"tls_key": b""}, id="its key"),
        pytest.param({"ca_key": b"nonsense"}, id="the authority's key"),
        pytest.param({"ca_crt": b""}, id="the authority"),
        pytest.param({"ca_crt": b"", "ca_key": b"", "tls_crt": b"", "tls_key": b""}, id="everything"),
    ],
)
def test_damage_is_told_and_mended_and_what_replicas_serve_stays_trusted(
    kept: Keeper, api: Api, told: list[Tell], replicas: list[WebhookReplica], entries: dict[str, bytes]
) -> None:
    clock = api.clock
    old = api.stock.trusted[0]
    damage(api, **entries)
    kept.settle()
    assert "Warning CertificateDamaged" in reasons(told)
    assert old in readable_certificates(api.bundle(MUTATING))
    for _ in range(3):
        clock.turn(SETTLED)
        kept.settle()
        for replica in replicas:
            replica.follow()
            assert replica.certificate is not None
    clock.turn(SETTLED)
    kept.settle()
    assert is_well(api, clock)
    assert len(api.stock.trusted) == 1


def test_a_deleted_secret_is_made_again_with_the_published_authority_still_trusted(
    kept: Keeper, api: Api, clock: TurnedClock, replicas: list[WebhookReplica]
) -> None:
    old = api.stock.trusted[0]
    del api.objects["Secret", SECRET]
    kept.settle()
    assert readable_certificates(api.bundle(MUTATING)) == api.stock.trusted == (api.stock.trusted[0], old)
    assert not api.stock.certificate
    clock.turn(SETTLED)
    kept.settle()
    assert is_well(api, clock)


def test_another_process_that_was_faster_is_no_trouble(api: Api, make_keeper: MakeKeeper, clock: TurnedClock) -> None:
    api.configure(MUTATING)
    api.configure(VALIDATING)
    keeper = make_keeper()

    def somebody_is_faster(_verb: str, kind: str) -> None:
        if kind == "Secret":
            api.on_write = lambda _verb, _kind: None
            make_keeper().settle()

    api.on_write = somebody_is_faster
    with pytest.raises(ChangedMeanwhile):
        keeper.settle()
    theirs = api.stock
    keeper.settle()
    assert api.stock == theirs
    assert is_well(api, clock)


def test_somebody_who_keeps_changing_the_bundle_is_told_of_and_not_fought_at_full_speed(
    kept: Keeper, api: Api, clock: TurnedClock, told: list[Tell]
) -> None:
    theirs = issue_authority(timedelta(days=9), clock.now).certificate

    def fight() -> int:
        for rounds in range(100):
            api.configure(VALIDATING, theirs)
            try:
                kept.settle()
            except Contested:
                return rounds
        return 100

    assert 5 < fight() < 20
    assert "somebody else keeps changing caBundle in the ValidatingWebhookConfiguration" in told[-1].message
    clock.turn(timedelta(seconds=31))
    assert fight() == 1


def test_whoever_does_not_lead_has_no_effect(api: Api, make_keeper: MakeKeeper, told: list[Tell]) -> None:
    api.configure(MUTATING)
    before = dict(api.objects)
    with pytest.raises(NotLeading):
        make_keeper(may_act=lambda: False).settle()
    assert (api.objects, told) == (before, [])


# Death after each effect


def die_after(effects: int) -> Callable[[str, str], None]:
    left = iter(range(effects))

    def spend(_verb: str, _kind: str) -> None:
        if next(left, None) is None:
            raise Died("the process is dead")

    return spend


def lives(make_keeper: MakeKeeper, api: Api, effects: int) -> Iterator[Keeper]:
    """Processes of which each has so many effects; the last lives on."""
    while True:
        api.on_write = die_after(effects)
        try:
            keeper = make_keeper()
            keeper.settle()
        except Died:
            continue
        yield keeper


@pytest.mark.parametrize("effects", [1, 2, 3])
@pytest.mark.parametrize(
    "upset",
    [
        pytest.param(lambda _: None, id="nothing"),
        pytest.param(lambda api: api.objects.pop(("Secret", SECRET)), id="a deleted Secret"),
        pytest.param(lambda api: damage(api, ca_crt=b"", ca_key=b"", tls_crt=b""), id="a damaged Secret"),
        pytest.param(lambda api: api.clock.turn(timedelta(days=41)), id="a renewal that is due"),
        pytest.param(lambda api: api.clock.turn(timedelta(days=267)), id="a change of authority that is due"),
        pytest.param(lambda api: api.clock.turn(timedelta(days=500)), id="a long sleep"),
    ],
)
@pytest.mark.usefixtures("kept")
def test_processes_that_die_after_each_effect_get_to_the_same_end(
    api: Api, make_keeper: MakeKeeper, replicas: list[WebhookReplica], upset: Callable[[Api], object], effects: int
) -> None:
    clock = api.clock
    upset(api)
    processes = lives(make_keeper, api, effects)
    for number in count():
        keeper = next(processes)
        clock.turn(SETTLED)  # this one lives so long
        try:
            keeper.settle()
        except Died:
            continue
        for replica in replicas:
            replica.follow()
        if is_well(api, clock) and len(api.stock.trusted) == 1:
            break
        assert number < 10, "it never gets well"
    assert all(replica.certificate == api.stock.served for replica in replicas)


# A Secret that somebody else keeps


PUBLISHING = replace(OPTIONS, mode="publish")


@pytest.fixture
def theirs(api: Api, kept: Keeper) -> Api:
    """A good Secret without our mark and without an authority's key; nothing is published yet."""
    secret = new_secret(SECRET, NAMESPACE, replace(api.stock, authority_key=b""))
    del secret["metadata"]["labels"]
    api.put("Secret", secret)
    for kind in KINDS:
        api.configure(kind)
    return api


def test_of_somebody_elses_secret_the_authority_is_published_and_nothing_is_changed(
    theirs: Api, make_keeper: MakeKeeper
) -> None:
    before = theirs.objects["Secret", SECRET]
    make_keeper(PUBLISHING).settle()
    assert theirs.bundle(MUTATING) == theirs.bundle(VALIDATING) == theirs.stock.authorities
    assert theirs.objects["Secret", SECRET] == before


@pytest.mark.parametrize(
    ("entries", "told_why"),
    [
        pytest.param({"ca_crt": b""}, "it has no ca.crt", id="no authority"),
        pytest.param({"ca_crt": b"nonsense"}, "its ca.crt holds no certificate", id="nonsense"),
        pytest.param({"tls_crt": b""}, "its tls.crt holds no certificate", id="no certificate"),
    ],
)
def test_somebody_elses_secret_that_cannot_be_used_is_told_and_not_published(
    theirs: Api, make_keeper: MakeKeeper, told: list[Tell], entries: dict[str, bytes], told_why: str
) -> None:
    damage(theirs, **entries)
    verdict = make_keeper(PUBLISHING).settle().verdict
    assert isinstance(verdict, Refuse)
    assert told_why in verdict.why
    assert reasons(told)[-1] == "Warning CertificateNotKept"
    assert theirs.bundle(MUTATING) == b""


def test_an_authority_that_did_not_sign_the_certificate_is_not_published(
    theirs: Api, make_keeper: MakeKeeper, clock: TurnedClock
) -> None:
    damage(theirs, ca_crt=issue_authority(timedelta(days=9), clock.now).certificate)
    verdict = make_keeper(PUBLISHING).settle().verdict
    assert verdict == Refuse("no authority in its ca.crt signed its tls.crt")
    assert theirs.bundle(MUTATING) == b""


def test_a_missing_secret_of_somebody_elses_is_waited_for(api: Api, make_keeper: MakeKeeper) -> None:
    api.configure(MUTATING)
    assert isinstance(make_keeper(PUBLISHING).settle().verdict, Refuse)
    assert ("Secret", SECRET) not in api.objects
