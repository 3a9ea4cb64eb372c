"""What the API server is asked for each claim that gets a volume: with a thousand at once it is what all wait for."""

from collections.abc import Callable
from typing import Any

from controller.process import ControllerProcess
from tests.settled import settled

from .conftest import VOLUMES

Start = Callable[..., ControllerProcess]
Eventually = Callable[..., None]


def test_a_claim_costs_the_write_of_its_volume_and_of_one_event_and_no_read(
    api: Any, start_controller: Start, eventually: Eventually
) -> None:
    process = start_controller(cluster=False)
    eventually(lambda: settled(process, "export-main", "house"))
    asked: list[str] = []
    api.refuse = lambda method, path: asked.append(f"{method} {path}") if "leases" not in path else None

    api.claim("data", storageClassName="ours")
    eventually(lambda: "ProvisioningSucceeded" in api.reasons("data"))

    events = [call for call in asked if call.endswith("/events")]
    assert [call for call in asked if call not in events] == [f"POST {VOLUMES}"]
    assert len(events) == 1
