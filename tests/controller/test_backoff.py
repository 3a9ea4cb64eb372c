from random import Random

import pytest

from controller.backoff import Backoff


@pytest.mark.parametrize(
    ("failures", "whole"),
    [
        pytest.param(1, 0.5, id="first"),
        pytest.param(2, 1.0, id="doubled"),
        pytest.param(5, 8.0, id="doubled four times"),
        pytest.param(9, 30.0, id="the longest"),
        pytest.param(100_000, 30.0, id="after a week"),
    ],
)
def test_a_delay_lies_between_half_and_all_of_its_step(failures: int, whole: float) -> None:
    backoff = Backoff(first=0.5, longest=30, chance=Random(1))

    delays = {backoff.delay(failures) for _ in range(100)}

    assert min(delays) >= whole / 2
    assert max(delays) <= whole
    assert len(delays) > 50  # jitter
