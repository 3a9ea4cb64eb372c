"""Addresses for a node and its Pods, all of them this machine."""

import socket
from collections import deque
from ipaddress import ip_network
from threading import Lock

from testbed.ports import LOOPBACK, own_addresses


class Addresses:
    """The addresses of one node: `node` is its own, the rest are for its Pods. Safe to use from several threads.

    They are those that belong to a port that nobody else has while this lives.
    """

    def __init__(self) -> None:
        self._held = socket.socket()
        self._held.bind((LOOPBACK, 0))
        addresses = [str(address) for address in ip_network(own_addresses(self._held.getsockname()[1])).hosts()]
        self.node = addresses[0]
        self._free = deque(addresses[1:])
        self._lock = Lock()

    def take(self) -> str:
        """An address that nobody has, and that nobody has had for as long as possible."""
        with self._lock:
            return self._free.popleft()

    def give_back(self, address: str) -> None:
        """Say that an address is not used any more."""
        with self._lock:
            self._free.append(address)

    def close(self) -> None:
        """Leave the addresses to others."""
        self._held.close()
