"""The agent of one node: it runs the Pods that are scheduled here, and passes on connections to Services."""

import logging
import threading
from typing import Final

from kube.cache import Change
from kube.client import Client
from kube.events import EventRecorder
from kube.informer import Informer
from kube.resources import PODS, SERVICES
from policy.shapes import Json, text
from testbed.pods.addresses import Addresses
from testbed.pods.forwarder import Forwarder
from testbed.pods.life import PodLife
from testbed.pods.node import register
from testbed.pods.routes import routes
from testbed.pods.sources import Sources
from testbed.pods.tools import Settings, Tools
from testbed.supervision.client import Supervisor

_LOG: Final = logging.getLogger(__name__)


class Agent:
    """Runs the Pods of one node, from `start` to `stop`."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._tools = Tools(
            settings=settings,
            client=client,
            events=EventRecorder(client, "kubelet", settings.node),
            sources=Sources(client),
            supervisor=Supervisor(),
            addresses=Addresses(),
        )
        self._lives: dict[str, PodLife] = {}
        self._lock = threading.Lock()
        self._forwarder = Forwarder()
        here = f"spec.nodeName={settings.node}"
        self._pods = Informer(client, PODS, _whole, on_change=self._on_pod, field_selector=here)
        self._services = Informer(client, SERVICES, _whole, on_change=lambda _: self._route())

    def start(self) -> None:
        """Register the node and begin to work; returns at once."""
        tools = self._tools
        tools.sources.start()
        self._forwarder.start()
        self._services.start()
        self._pods.start()
        register(tools.client, tools.settings.node, tools.addresses.node, tainted=tools.settings.tainted)
        _LOG.info("the node %s is ready at %s", tools.settings.node, tools.addresses.node)

    def stop(self) -> None:
        """End every container at once, and stop working. Nothing is told to the API any more."""
        self._pods.stop()
        self._services.stop()
        self._tools.sources.stop()
        self._forwarder.stop()
        self._tools.supervisor.close()
        self._tools.addresses.close()

    def _on_pod(self, change: Change[Json]) -> None:
        # A Pod whose name has been given to another in the meantime is gone, too.
        for pod in (change.old, change.new):
            if pod is not None and pod is not change.new and _uid(pod) != (change.new and _uid(change.new)):
                self._forget(_uid(pod))
        if change.new is not None:
            self._see(change.new)
        self._route()

    def _see(self, pod: Json) -> None:
        with self._lock:
            life = self._lives.get(_uid(pod))
            if life is None and text(pod, "status", "phase") not in ("Succeeded", "Failed"):
                life = self._lives[_uid(pod)] = PodLife(pod, self._tools)
                life.start()
        if life is not None:
            life.see(pod)

    def _forget(self, uid: str) -> None:
        with self._lock:
            life = self._lives.pop(uid, None)
        if life is not None:
            life.forget()

    def _route(self) -> None:
        self._forwarder.set(routes(self._services.items(), self._pods.items()))


def _uid(pod: Json) -> str:
    return str(text(pod, "metadata", "uid"))


def _whole(obj: Json) -> Json:
    return obj
