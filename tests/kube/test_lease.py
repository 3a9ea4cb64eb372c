import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kube.client import Client
from kube.credentials import Access
from kube.lease import LeaderElection, LeaseDurations, unique_identity
from kube.leaserecord import held_by, micro_time, new_lease, record_of, released
from kube.transport import Transport

LEASE = "/apis/coordination.k8s.io/v1/namespaces/nfs-steward/leases/controller"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Time that passes only while somebody waits; what is due meanwhile is done at its time."""

    def __init__(self):
        self.seconds = 0.0
        self._due = []

    def monotonic(self):
        return self.seconds

    def now(self):
        return EPOCH + timedelta(seconds=self.seconds)

    def wait(self, event, seconds):
        if event.is_set():
            return True
        end = self.seconds + seconds
        while self._due and min(self._due, key=lambda entry: entry[0])[0] <= end:
            entry = min(self._due, key=lambda entry: entry[0])
            self._due.remove(entry)
            self.seconds = max(self.seconds, entry[0])
            entry[1]()
            if event.is_set():
                return True
        self.seconds = max(self.seconds, end)
        assert self.seconds < 1000, "nothing ends this"
        return event.is_set()

    def at(self, seconds, action):
        self._due.append((seconds, action))


class Candidate:
    """An election and what it told its owner, with the times."""

    def __init__(self, client, identity, clock, **durations):
        durations = LeaseDurations(**durations)
        self.election = LeaderElection(client, "controller", "nfs-steward", identity, clock=clock, durations=durations)
        self.stop = threading.Event()
        self.told: list[tuple[str, float]] = []
        self._clock = clock

    def run(self):
        self.election.run(self.stop, lambda: self._tell("started"), lambda: self._tell("lost"))

    def _tell(self, what):
        self.told.append((what, self._clock.seconds))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def candidate(client, clock):
    return Candidate(client, "one", clock)


def spec(api):
    return api.objects[LEASE]["spec"]


def lease_of(holder, renewed="2020-01-01T00:00:00.000000Z", duration=15, **more):
    fields = {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": duration, **more}
    return {"metadata": {"namespace": "nfs-steward"}, "spec": fields}


def test_a_lease_that_does_not_exist_is_made_and_held(api, clock, candidate):
    clock.at(5, lambda: candidate.told.append(("leading", candidate.election.leading)))
    clock.at(6, candidate.stop.set)
    candidate.run()
    assert candidate.told == [("started", 0), ("leading", True)]
    assert api.requests[1].body["spec"] == {
        "holderIdentity": "one",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-01T00:00:00.000000Z",
        "renewTime": "2026-01-01T00:00:00.000000Z",
        "leaseTransitions": 0,
    }


def test_it_is_renewed_every_two_seconds_with_one_request_each(api, clock, candidate):
    clock.at(9, candidate.stop.set)
    candidate.run()
    renewals = [request.body["spec"]["renewTime"] for request in api.requests if request.method == "PUT"][:-1]
    assert renewals == [micro_time(EPOCH + timedelta(seconds=second)) for second in (2, 4, 6, 8)]
    assert spec(api)["acquireTime"] == "2026-01-01T00:00:00.000000Z"


def test_what_its_holder_announces_stands_on_it_without_a_further_request(api, clock, candidate):
    candidate.election.announce(lambda: {"at": str(clock.seconds)})
    clock.at(9, candidate.stop.set)
    candidate.run()
    renewals = [request for request in api.requests if request.method == "PUT"][:-1]
    assert [request.body["metadata"]["annotations"]["at"] for request in renewals] == ["2.0", "4.0", "6.0", "8.0"]
    assert api.objects[LEASE]["metadata"]["annotations"]["at"] == "8.0"


def test_a_clean_stop_gives_the_lease_back(api, clock, candidate):
    clock.at(3, candidate.stop.set)
    candidate.run()
    assert spec(api)["holderIdentity"] == ""
    assert spec(api)["leaseDurationSeconds"] == 1
    assert not candidate.election.leading
    assert [what for what, _ in candidate.told] == ["started"]


def test_a_lease_given_back_is_taken_at_the_next_attempt(api, client, clock, candidate):
    api.put(LEASE, lease_of("", leaseTransitions=3))
    clock.at(1, candidate.stop.set)
    candidate.run()
    assert candidate.told == [("started", 0)]
    assert api.requests[1].body["spec"]["leaseTransitions"] == 4


@pytest.mark.parametrize("renewed", ["1999-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z", "nonsense"])
def test_anothers_lease_is_waited_for_by_our_clock_whatever_its_time_says(api, clock, candidate, renewed):
    api.put(LEASE, lease_of("other", renewed, duration=20, leaseTransitions=1))
    clock.at(60, candidate.stop.set)
    candidate.run()
    ((_, started),) = candidate.told
    assert 20 <= started <= 20 + 2 * 2.2
    taken = next(request.body["spec"] for request in api.requests if request.method == "PUT")
    assert (taken["holderIdentity"], taken["leaseTransitions"]) == ("one", 2)


def test_each_renewal_of_the_other_begins_the_wait_anew(api, clock, candidate):
    api.put(LEASE, lease_of("other", "a"))
    clock.at(10, lambda: api.put(LEASE, lease_of("other", "b")))
    clock.at(60, candidate.stop.set)
    candidate.run()
    assert candidate.told[0][1] >= 25


def test_a_change_of_the_lease_that_is_no_renewal_does_not_prolong_it(api, clock, candidate):
    api.put(LEASE, lease_of("other", "a"))
    clock.at(10, lambda: api.put(LEASE, {**lease_of("other", "a"), "anything": "else"}))
    clock.at(60, candidate.stop.set)
    candidate.run()
    assert 15 <= candidate.told[0][1] < 15 + 2 * 2.2


def test_our_own_lease_of_an_earlier_life_is_ours_at_once(api, clock, candidate):
    api.put(LEASE, lease_of("one", acquireTime="2025-01-01T00:00:00.000000Z", leaseTransitions=7))
    clock.at(1, candidate.stop.set)
    candidate.run()
    assert candidate.told == [("started", 0)]
    assert api.requests[1].body["spec"]["leaseTransitions"] == 7


def test_fields_that_are_not_ours_stay(api, clock, candidate):
    api.put(LEASE, lease_of("", strategy="OldestEmulationVersion"))
    clock.at(1, candidate.stop.set)
    candidate.run()
    assert spec(api)["strategy"] == "OldestEmulationVersion"


def test_a_short_failure_is_outlived(api, clock, candidate):
    clock.at(3, lambda: api.fail(lambda handler: handler.answer(503, b"{}"), times=3))
    clock.at(20, candidate.stop.set)
    candidate.run()
    assert [what for what, _ in candidate.told] == ["started"]


def test_a_long_failure_loses_the_lease_ten_seconds_after_the_last_renewal(api, clock, candidate):
    clock.at(3, lambda: api.fail(lambda handler: handler.answer(503, b"{}"), times=100))
    candidate.run()
    assert candidate.told == [("started", 0), ("lost", 12)]
    assert not candidate.election.leading


def test_a_renewal_whose_answer_is_lost_is_found_out_and_no_loss(api, clock, candidate):
    def done_but_unheard(handler):
        handler._put(LEASE)
        handler.reset()

    clock.at(3, lambda: api.fail(done_but_unheard))
    clock.at(20, candidate.stop.set)
    candidate.run()
    assert [what for what, _ in candidate.told] == ["started"]


def test_a_lease_that_another_has_taken_is_lost_at_once(api, clock, candidate):
    clock.at(3, lambda: api.put(LEASE, lease_of("other")))
    candidate.run()
    assert candidate.told == [("started", 0), ("lost", 4)]
    assert spec(api)["holderIdentity"] == "other"
    assert candidate.election.holder == "other"


def test_a_lease_that_somebody_deletes_is_made_again(api, clock, candidate):
    clock.at(3, lambda: api.remove(LEASE))
    clock.at(8, candidate.stop.set)
    candidate.run()
    assert [what for what, _ in candidate.told] == ["started"]
    assert LEASE in api.objects


def test_a_process_that_was_held_up_does_not_believe_that_it_leads(api, clock, candidate):
    def held_up():
        clock.seconds += 11
        candidate.told.append(("leading", candidate.election.leading))

    clock.at(3, held_up)
    candidate.run()
    assert candidate.told[1:] == [("leading", False), ("lost", pytest.approx(14, abs=1))]


def test_losing_the_race_to_create_the_lease_is_waiting(api, clock, candidate):
    def meanwhile(handler):
        api.put(LEASE, lease_of("other"))
        handler.answer(404, {"code": 404, "reason": "NotFound"})

    api.fail(meanwhile)
    clock.at(5, candidate.stop.set)
    candidate.run()
    assert candidate.told == []
    assert spec(api)["holderIdentity"] == "other"


def test_losing_the_race_for_a_free_lease_is_waiting(api, clock, candidate):
    api.put(LEASE, lease_of(""))
    first_write = lambda request: request.method == "PUT"  # noqa: E731 - it reads better beside its use

    def meanwhile(handler):
        api.put(LEASE, lease_of("other"))
        handler.answer(409, {"code": 409, "reason": "Conflict"})

    api.fail(meanwhile, when=first_write)
    clock.at(5, candidate.stop.set)
    candidate.run()
    assert candidate.told == []


def test_an_owner_whose_start_fails_gives_the_lease_back(api, candidate):
    def fail():
        raise ValueError("cannot start")

    with pytest.raises(ValueError, match="cannot start"):
        candidate.election.run(candidate.stop, fail, lambda: None)
    assert spec(api)["holderIdentity"] == ""


def test_after_a_loss_it_can_stand_again(api, clock, candidate):
    clock.at(3, lambda: api.put(LEASE, lease_of("other")))
    candidate.run()
    clock.at(60, candidate.stop.set)
    candidate.run()
    assert [what for what, _ in candidate.told] == ["started", "lost", "started"]


def test_last_contact_tells_how_long_the_api_has_been_silent(api, clock, candidate):
    assert candidate.election.last_contact is None
    seen = []
    clock.at(3, lambda: api.fail(lambda handler: handler.answer(503, b"{}"), times=3))
    clock.at(9, lambda: seen.append(candidate.election.last_contact))
    clock.at(12, candidate.stop.set)
    candidate.run()
    assert seen == [7]


@pytest.mark.parametrize(
    "durations",
    [
        pytest.param({"lease": 10, "renew_deadline": 10}, id="a lease no longer than the deadline"),
        pytest.param({"renew_deadline": 2.4}, id="a deadline without time for a retry"),
        pytest.param({"retry": 0}, id="no wait at all"),
    ],
)
def test_durations_that_cannot_work_are_refused(durations):
    with pytest.raises(ValueError, match="must exceed"):
        LeaseDurations(**durations)


def test_two_processes_never_have_the_same_identity():
    assert unique_identity() != unique_identity()


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(None, id="nothing"),
        pytest.param({"holderIdentity": 7, "renewTime": [], "leaseDurationSeconds": "x"}, id="wrong types"),
        pytest.param({"leaseDurationSeconds": -1, "leaseTransitions": "y"}, id="nonsense"),
    ],
)
def test_a_lease_that_says_nothing_useful_is_nobodys(spec):
    record = record_of({"spec": spec}, 15)
    assert (record.holder, record.transitions, record.duration) == ("", 0, 15)


def test_a_lease_held_and_released_can_be_read_back():
    held = held_by(new_lease("a", "b"), "one", 15, EPOCH)
    assert record_of(held, 1).holder == "one"
    assert record_of(released(held, EPOCH), 15).holder == ""


# Several candidates at once, in a time that passes only when all of them wait.


class Town:
    """Runs candidates one at a time: whoever wakes first goes on next."""

    def __init__(self, url):
        self._url = url
        self._turn = threading.Condition()
        self._running: str | None = "town"
        self._wakes: dict[str, float] = {}
        self.seconds = 0.0
        self.candidates: dict[str, Candidate] = {}
        self.clients: list[Client] = []

    def add(self, name):
        client = Client(Transport(Access(self._url, None, lambda: name)))
        self.clients.append(client)
        self.candidates[name] = Candidate(client, name, TownClock(self, name))
        self._wakes[name] = 0.0
        threading.Thread(target=self._live, args=(name,), daemon=True).start()

    def leaders(self):
        return [name for name, candidate in self.candidates.items() if candidate.election.leading]

    def step(self):
        """Let time pass until the next candidate wakes, and let that one run until it waits again."""
        name = min(self._wakes, key=lambda name: (self._wakes[name], name))
        self.seconds = max(self.seconds, self._wakes[name])
        with self._turn:
            self._running = name
            self._turn.notify_all()
            assert self._turn.wait_for(lambda: self._running == "town", 20)

    def hold_up(self, name, seconds):
        """The candidate sleeps on, as a process does that gets no processor."""
        self._wakes[name] += seconds

    def sleep(self, name, until):
        with self._turn:
            self._wakes[name] = until
            self._running = "town"
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._running == name)

    def _live(self, name):
        with self._turn:
            self._turn.wait_for(lambda: self._running == name)
        while not self.candidates[name].stop.is_set():
            self.candidates[name].run()
        with self._turn:
            self._wakes[name] = float("inf")
            self._running = "town"
            self._turn.notify_all()

    def end(self):
        for candidate in self.candidates.values():
            candidate.stop.set()
        while min(self._wakes.values()) < float("inf"):
            self.step()
        for client in self.clients:
            client.close()


class TownClock:
    """Each candidate's own date is wrong in its own way; only the passing of time is the same for all."""

    def __init__(self, town, name):
        self._town = town
        self._name = name

    @property
    def seconds(self):
        return self._town.seconds

    def monotonic(self):
        return self._town.seconds + len(self._name) * 1000

    def now(self):
        return EPOCH + timedelta(days=ord(self._name[0]) * 10, seconds=self._town.seconds)

    def wait(self, event, seconds):
        self._town.sleep(self._name, self._town.seconds + seconds)
        return event.is_set()


NAMES = ["a", "bb", "ccc"]
HAPPENINGS = st.one_of(
    st.tuples(st.just("pass"), st.integers(5, 30)),
    st.tuples(st.just("cut off"), st.sampled_from(NAMES)),
    st.tuples(st.just("let back"), st.sampled_from(NAMES)),
    st.tuples(st.just("answers lost"), st.sampled_from(NAMES)),
    st.tuples(st.just("hold up"), st.sampled_from(NAMES), st.integers(5, 60)),
)


class Faults:
    """Answers the requests of candidates that are cut off; of some, what they write is done all the same."""

    def __init__(self, api):
        self.of: dict[str, str] = {}
        self._api = api
        self._arm()

    def _arm(self):
        self._api.fail(self._answer, when=lambda request: request.headers["Authorization"] in self.of)

    def _answer(self, handler):
        self._arm()
        if self.of[handler.headers["Authorization"]] == "answers lost" and handler.command == "PUT":
            handler._put(LEASE)
        handler.answer(503, b"{}")


def happen(town, faults, happening):
    match happening:
        case ("pass", steps):
            for _ in range(steps):
                town.step()
                assert len(town.leaders()) <= 1
        case ("hold up", name, seconds):
            town.hold_up(name, seconds)
        case ("let back", name):
            faults.of.pop(name, None)
        case (how, name):
            faults.of[name] = how


@given(happenings=st.lists(HAPPENINGS, max_size=20))
@example(happenings=[("pass", 10), ("hold up", "a", 40)])
@example(happenings=[("pass", 10), ("answers lost", "a"), ("pass", 30), ("let back", "a")])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_no_two_lead_at_once_and_in_peace_one_does(fresh_api, happenings):
    api = fresh_api()
    faults = Faults(api)
    town = Town(api.url)
    for name in NAMES:
        town.add(name)
    for happening in happenings:
        happen(town, faults, happening)
    faults.of.clear()
    peace = town.seconds + 60
    while town.seconds < peace:
        happen(town, faults, ("pass", 1))
    assert len(town.leaders()) == 1
    town.end()
