"""An API server that waits longer for the webhook than the chart has it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from testbed.bed import Testbed
from testbed.product.chart import RELEASE

_LONG: Final = 30
"""Seconds: the longest that there is."""


@contextmanager
def patience(bed: Testbed) -> Iterator[None]:
    """Let the API server wait ten times as long for the webhook, within the block.

    The guest has one processor, which Pods that start keep busy, more so beside other work of the machine. What passes
    without the webhook is no fault then, but would be taken for one.
    """
    found = bed.kubectl.json("get", "mutatingwebhookconfiguration", RELEASE)
    before = [each["timeoutSeconds"] for each in found["webhooks"]]
    _set_timeouts(bed, [_LONG] * len(before))
    try:
        yield
    finally:
        _set_timeouts(bed, before)  # or the next upgrade would find fields that somebody else has set


def _set_timeouts(bed: Testbed, seconds: Sequence[int]) -> None:
    patch = [
        {"op": "replace", "path": f"/webhooks/{index}/timeoutSeconds", "value": value}
        for index, value in enumerate(seconds)
    ]
    bed.kubectl("patch", "mutatingwebhookconfiguration", RELEASE, "--type=json", f"--patch={json.dumps(patch)}")
