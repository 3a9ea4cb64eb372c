"""What happens while a claim's directory is made, and is noticed before that goes on."""

import threading
from collections.abc import Callable
from typing import Any

from controller.export.operations import SystemCalls
from tests.waiting import WITHIN


class Meanwhile(SystemCalls):
    """Real system calls. As soon as the directory of claim `data` is made something happens, and the call returns when
    the controller's watch has brought it: another claim that came after it has its directory by then.
    """

    def __init__(self, api: Any, happens: Callable[[], None]) -> None:
        self._api = api
        self._happens = happens
        self._noticed = threading.Event()

    def make_child(self, parent: int, name: str, mode: int) -> None:
        super().make_child(parent, name, mode)
        if name == "team-a-data-pvc-uid-of-data":
            self._happens()
            self._api.claim("next", storageClassName="ours")
            assert self._noticed.wait(WITHIN)
        elif name == "team-a-next-pvc-uid-of-next":
            self._noticed.set()
