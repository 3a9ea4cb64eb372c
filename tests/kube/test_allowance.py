from kube.allowance import Allowance


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_each_key_may_do_its_burst_and_then_one_thing_each_interval():
    clock = Clock()
    allowance = Allowance(3, 10, clock)
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]
    assert allowance.take("b")
    clock.now = 9
    assert not allowance.take("a")
    clock.now = 20
    assert [allowance.take("a") for _ in range(3)] == [True, True, False]


def test_a_long_rest_fills_the_bucket_and_no_more():
    clock = Clock()
    allowance = Allowance(2, 10, clock)
    allowance.take("a")
    clock.now = 1_000_000
    assert [allowance.take("a") for _ in range(3)] == [True, True, False]


def test_only_so_many_keys_are_remembered():
    allowance = Allowance(1, 10, Clock())
    allowance.take("first")
    for number in range(4096):
        allowance.take(number)
    assert allowance.take("first")
