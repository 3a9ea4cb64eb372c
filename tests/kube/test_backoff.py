from kube.backoff import Backoff


def test_delays_double_up_to_the_ceiling_and_are_at_most_twice_as_long():
    backoff = Backoff(1, 5)
    delays = [backoff.failed() for _ in range(5)]
    for delay, least in zip(delays, [1, 2, 4, 5, 5], strict=True):
        assert least <= delay <= 2 * least


def test_a_success_begins_again_at_the_first_delay():
    backoff = Backoff(1, 100)
    for _ in range(5):
        backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 2


def test_two_clients_do_not_wait_equally_long():
    assert len({Backoff(1, 5).failed() for _ in range(20)}) > 1
