"""The life of a Pod on this node, from its being scheduled here to its being gone."""

import logging
import shutil
import threading
import time
from typing import Any, Final

from kube.client import Client
from kube.errors import ApiError, NotFound
from kube.events import ObjectReference
from kube.resources import PODS
from policy.shapes import Json, mapping, sequence, text
from testbed.pods.container import Container, Home
from testbed.pods.environment import Surroundings
from testbed.pods.projections import Projector
from testbed.pods.status import PodReport, status_of
from testbed.pods.telling import Telling
from testbed.pods.tokens import Tokens
from testbed.pods.tools import Tools
from testbed.pods.volumes import PodVolumes

_LOG: Final = logging.getLogger(__name__)
_TICK: Final = 0.1


class PodLife:
    """Runs one Pod, in a thread of its own."""

    def __init__(self, pod: Json, tools: Tools) -> None:
        self.pod = pod
        self.uid = str(text(pod, "metadata", "uid"))
        self._tools = tools
        self._on_host_network = bool(mapping(pod, "spec").get("hostNetwork"))
        self.address = tools.addresses.node if self._on_host_network else tools.addresses.take()
        self._home = self._make_home()
        self._containers: list[Container] = []
        self._gone = threading.Event()
        self._changed = threading.Event()
        self._told: Json = {}
        self._prepared = False
        self._thread = threading.Thread(target=self._run, name=f"pod-{text(pod, 'metadata', 'name')}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def see(self, pod: Json) -> None:
        """Take notice of what the API says of the Pod now."""
        self.pod = pod
        self._changed.set()

    def forget(self) -> None:
        """Take notice that the Pod is gone from the API: whatever still runs is killed."""
        self._gone.set()
        self._changed.set()

    def join(self, timeout: float) -> None:
        """Wait until nothing of the Pod is left on this node."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            self._containers = [
                Container(each, self._home, self._tools) for each in sequence(self.pod, "spec", "containers")
            ]
            self._live()
            self._leave()
        except Exception:
            _LOG.exception("the life of a Pod has ended early: %s", text(self.pod, "metadata", "name"))
        finally:
            self._clear_away()

    def _live(self) -> None:
        """Until the Pod is to be deleted, or is gone."""
        look_at_volumes = 0.0
        times = self._tools.settings.times
        while not (self._deleted or self._gone.is_set()):
            if time.monotonic() >= look_at_volumes:
                self._see_to_volumes()
                look_at_volumes = time.monotonic() + (times.volumes_follow if self._prepared else times.mount_retry)
            for container in self._containers:
                container.advance(may_start=self._prepared)
            self._report()
            self._changed.wait(_TICK)
            self._changed.clear()

    def _see_to_volumes(self) -> None:
        problems = self._home.volumes.refresh() if self._prepared else self._home.volumes.set_up()
        for problem in problems:
            self._home.telling.warning("FailedMount", problem)
        self._prepared = self._prepared or not problems

    def _leave(self) -> None:
        """End the containers in the time that the deletion grants, then have the API forget the Pod."""
        for container in self._containers:
            container.end(self._granted)
        while any(container.runs for container in self._containers):
            if self._gone.is_set():
                self._kill()
            for container in self._containers:
                container.advance(may_start=False)
            self._report()
            self._changed.wait(_TICK)
            self._changed.clear()
        self._report(final=True)
        self._have_forgotten()

    def _kill(self) -> None:
        for container in self._containers:
            container.kill()

    def _report(self, *, final: bool = False) -> None:
        """Write the Pod's status where it has changed; one that cannot be written now is written later."""
        report = PodReport(
            address=self.address,
            node_address=self._tools.addresses.node,
            prepared=self._prepared,
            final=final,
            containers=[container.report() for container in self._containers],
        )
        status = status_of(self.pod, report, self._told)
        if status == self._told or self._gone.is_set():
            return
        try:
            self._write(status)
            self._told = status
        except NotFound:
            self._gone.set()
        except ApiError as problem:
            _LOG.warning("a status could not be written: %s", problem)

    def _write(self, status: Json) -> None:
        patch = {"metadata": {"uid": self.uid}, "status": status}
        self._client.patch(PODS, self._name, patch, self._namespace, type="strategic", subresource="status")

    def _have_forgotten(self) -> None:
        while not self._gone.is_set():
            try:
                self._client.delete(PODS, self._name, self._namespace, uid=self.uid, grace=0)
                return
            except ApiError as problem:
                if problem.status in (404, 409):  # it is gone, or another has its name
                    return
                _LOG.warning("a Pod could not be deleted: %s", problem)
                self._gone.wait(_TICK)

    def _clear_away(self) -> None:
        # Mounts lie in the containers' own namespaces: below this folder there are only files of ours.
        shutil.rmtree(self._home.folder, ignore_errors=True)
        if not self._on_host_network:
            self._tools.addresses.give_back(self.address)

    def _make_home(self) -> Home:
        tools, pod = self._tools, self.pod
        settings = tools.settings
        logs = settings.logs / self._namespace / self._name
        logs.mkdir(parents=True, exist_ok=True)
        around = Surroundings(self.address, settings.node, tools.addresses.node, tools.client.host)
        projector = Projector(pod, tools.sources, Tokens(tools.client, pod), around)
        own = settings.folder / self.uid
        volumes = PodVolumes(pod, own / "volumes", tools.sources, projector, tools.servers)
        return Home(pod, own, logs, around, volumes, Telling(tools.events, ObjectReference.of(pod)))

    @property
    def _deleted(self) -> bool:
        return "deletionTimestamp" in self.pod["metadata"]

    @property
    def _granted(self) -> float:
        granted: Any = self.pod["metadata"].get("deletionGracePeriodSeconds")
        return self._home.grace if granted is None else float(granted)

    @property
    def _client(self) -> Client:
        return self._tools.client

    @property
    def _name(self) -> str:
        return str(text(self.pod, "metadata", "name"))

    @property
    def _namespace(self) -> str:
        return str(text(self.pod, "metadata", "namespace"))
