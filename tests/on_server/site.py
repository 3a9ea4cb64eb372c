"""nfs-steward at the exports of the server, and looks at what it has done there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, text
from testbed.nfs_server.processes import User
from testbed.nfs_server.server import LOOPBACK, NfsServer
from testbed.product.in_guest import GuestController, GuestProduct
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .ways import ALL, Way

GIDS: Final = {"from": 100_000, "to": 100_999}
"""The gids of which each namespace gets one."""

_MOUNTS: Final = count(1)


def chart_values() -> Json:
    """A policy with all the exports, and a class on each."""
    return {
        "exports": [_export(way) for way in ALL],
        "storageClasses": [
            {
                "name": way.plain_class,
                "export": way.name,
                "onDelete": "delete",
                "allowVolumeExpansion": True,
                "quota": way.quota.value,
            }
            for way in ALL
        ],
        "gidRange": dict(GIDS),
        "measuring": {"every": "1m"},
        "profiles": [{"name": "default"}],
    }


def _export(way: Way) -> Json:
    mounted = {"name": way.name, "server": LOOPBACK, "path": way.served.root}
    node = {"kubernetes.io/hostname": "server"}
    return {**mounted, "local": {"path": way.served.root, "nodeSelector": node}} if way.local else mounted


@dataclass(frozen=True, slots=True)
class Directory:
    """What a directory on the server is."""

    mode: int
    owner: tuple[int, int]


@dataclass(frozen=True)
class Site:
    """The server and the programs at it; `admin` is the administrator's client."""

    server: NfsServer
    product: GuestProduct
    admin: Client
    controllers: dict[User | None, GuestController] = field(default_factory=dict)

    def start_controllers(self) -> None:
        """Start them all; returns when they lead. Those that run as root share a process."""
        for way in ALL:
            if not way.local:
                self.server.mount(way.served.root, self.place(way))
        users = dict.fromkeys(way.user for way in ALL)
        for user, controller in [(user, self._start(user)) for user in users]:
            self.controllers[user] = controller.wait_leading()

    def restart_controllers(self) -> None:
        """Have those that run as root die, and others take their place."""
        self.controllers[None].process.signal("KILL")
        self.controllers[None] = self._start(None).wait_leading()

    def make_class(self, name: str, way: Way, **parameters: str) -> str:
        """Make a class on a way's export; returns its name."""
        self.admin.create(
            resources.STORAGE_CLASSES,
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name},
                "provisioner": keys.PROVISIONER,
                "parameters": {"export": way.name, **parameters},
            },
        )
        return name

    def look(self, path: str) -> Directory:
        """What a directory on the server is."""
        mode, uid, gid = self.server.check(f"stat -c '%a %u %g' {path}").split()
        return Directory(int(mode, 8), (int(uid), int(gid)))

    def is_there(self, path: str) -> bool:
        """Whether anything has that path on the server."""
        return self.server.run(f"ls -d {path}").status == 0

    @contextmanager
    def mounted(self, path: str) -> Iterator[str]:
        """Have a path of the server mounted as a kubelet would, for the block."""
        place = self.server.mount(path, f"/mnt/volume-{next(_MOUNTS)}")
        try:
            yield place
        finally:
            self.server.check(f"umount {place}")

    def events(self, kind: str, name: str, namespace: str) -> Mapping[str, str]:
        """What is told of an object: the messages by their reasons."""
        found = self.admin.list(resources.EVENTS, namespace, field_selector=f"involvedObject.name={name}").items
        return {e["reason"]: e["message"] for e in found if text(e, "involvedObject", "kind") == kind}

    def told(self, kind: str, name: str, namespace: str, reason: str) -> str:
        """What is told of an object by a reason, as soon as it is."""
        wait_for(f"{reason} on {name}", lambda: reason in self.events(kind, name, namespace), WITHIN)
        return self.events(kind, name, namespace)[reason]

    def place(self, way: Way) -> str:
        """Where a way's export is for its controller."""
        return way.served.root if way.local else f"/mnt/{way.name}"

    def _start(self, user: User | None) -> GuestController:
        ways = [way for way in ALL if way.user == user]
        name = f"controller-of-{user.uid if user else 'root'}"
        return self.product.start_controller(name, {way.name: self.place(way) for way in ways}, user)
