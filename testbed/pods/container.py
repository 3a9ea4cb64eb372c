"""One container of a Pod: started, watched, ended, started again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Final

from policy.shapes import Json, mapping, text
from testbed.pods.checks import Checks
from testbed.pods.ending import end
from testbed.pods.environment import Surroundings, command_line, environment
from testbed.pods.errors import ContainerInvalid
from testbed.pods.probes import Ask, asking
from testbed.pods.process import ContainerProcess
from testbed.pods.restarts import RestartDelay
from testbed.pods.sandbox import Sandbox
from testbed.pods.security import has_read_only_root, privileges_of
from testbed.pods.sources import NamespacedContents
from testbed.pods.states import CRASHED, Running, State, Terminated, Waiting, exit_code, now, restarted
from testbed.pods.status import ContainerReport
from testbed.pods.telling import Telling
from testbed.pods.tools import Tools
from testbed.pods.volumes import PodVolumes

_INVALID: Final = "CreateContainerConfigError"
_USUAL_GRACE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Home:
    """The Pod that a container belongs to: its object, its folders on this machine, and what its containers share."""

    pod: Json
    folder: Path
    logs: Path
    around: Surroundings
    volumes: PodVolumes
    telling: Telling

    @property
    def grace(self) -> float:
        """The seconds that its containers have to end."""
        grace = mapping(self.pod, "spec").get("terminationGracePeriodSeconds")
        return _USUAL_GRACE if grace is None else float(grace)


class Container:
    """One container. Its Pod's thread calls `advance` again and again; nothing here waits."""

    def __init__(self, described: Json, home: Home, tools: Tools) -> None:
        self.name: str = described["name"]
        self._described = described
        self._home = home
        self._tools = tools
        self._state: State = Waiting()
        self._last: Terminated | None = None
        self._restarts = -1
        self._delay = RestartDelay(tools.settings.times.back_off_scale)
        self._process: ContainerProcess | None = None
        self._checks = self._new_checks()
        self._ending: Thread | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended and will not be started again."""
        return isinstance(self._state, Terminated) and not self._comes_back(self._state)

    @property
    def runs(self) -> bool:
        """Whether its process runs."""
        return self._process is not None

    def report(self) -> ContainerReport:
        """What is to be said of it now."""
        return ContainerReport(
            name=self.name,
            image=self._described["image"],
            state=self._state,
            last=self._last,
            restarts=max(0, self._restarts),
            started=self.runs and self._checks.started,
            ready=self.runs and self._checks.ready,
        )

    def advance(self, *, may_start: bool) -> None:
        """Do what is to be done by now: start it, notice its end, see to its probes."""
        if self._process is None:
            if may_start and not self.over and self._delay.over:
                self._start()
        elif (status := self._process.status()) is not None:
            self._note_end(status)
        elif not isinstance(self._state, Running):
            self._note_launch(self._process)
        elif self._ending is None:
            self._checks.advance()
            if self._checks.hangs:
                self._home.telling.normal("Killing", f"Container {self.name} failed its probe, will be restarted")
                self.end(self._home.grace)

    def end(self, grace: float) -> None:
        """Begin to end it, unless that is going on; returns at once."""
        if self._process is not None and self._ending is None:
            self._checks.stop(but_readiness=True)
            arguments = (self._described, self._process, grace)
            self._ending = Thread(target=end, args=arguments, name=f"end-{self.name}", daemon=True)
            self._ending.start()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        try:
            sandbox = self._sandbox()
        except ContainerInvalid as problem:
            self._state = Waiting(_INVALID, str(problem))
            self._home.telling.warning("Failed", f"Error: {problem}")
            self._delay.ended()
            return
        log = self._home.logs / f"{self.name}.log"
        self._process = ContainerProcess.start(self._tools.supervisor, sandbox, Path(sandbox.scratch).parent, log)
        self._restarts += 1
        self._checks = self._new_checks()
        self._delay.started()

    def _note_launch(self, process: ContainerProcess) -> None:
        if process.launched():
            self._state = Running(now())
            self._home.telling.normal("Started", f"Started container {self.name}")

    def _note_end(self, status: int) -> None:
        since = self._state.since if isinstance(self._state, Running) else now()
        self._last = ended = Terminated(exit_code(status), since, now())
        self._process = self._ending = None
        self._checks.stop()
        self._delay.ended()
        self._state = ended
        if self._comes_back(ended):
            again = f"back-off restarting failed container {self.name}"
            self._home.telling.warning("BackOff", f"It ended with {ended.code}: {again}")
            self._state = Waiting(CRASHED, again)

    def _comes_back(self, ended: Terminated) -> bool:
        return restarted(text(self._home.pod, "spec", "restartPolicy") or "Always", ended.code)

    def _sandbox(self) -> Sandbox:
        pod, described = self._home.pod, self._described
        image = self._tools.settings.images.named(described["image"])
        namespace, name = (str(text(pod, "metadata", field)) for field in ("namespace", "name"))
        contents = NamespacedContents(self._tools.sources, namespace)
        env = environment(pod, described, image, self._home.around, contents)
        scratch = self._home.folder / "containers" / self.name / "root"
        scratch.mkdir(parents=True, exist_ok=True)
        return Sandbox(
            argv=command_line(described, image, env),
            env=env,
            cwd=described.get("workingDir") or image.cwd,
            hostname=name[:63],
            root=image.root,
            scratch=str(scratch),
            read_only=has_read_only_root(described),
            mounts=self._home.volumes.mounts(described),
            privileges=privileges_of(pod, described, image),
            files={
                "/etc/hostname": f"{name}\n",
                "/etc/hosts": f"127.0.0.1 localhost\n{self._home.around.pod_address} {name}\n",
            },
        )

    def _new_checks(self) -> Checks:
        return Checks(self._described, self._asks, lambda problem: self._home.telling.warning("Unhealthy", problem))

    def _asks(self, probe: Mapping[str, Any]) -> Ask:
        assert self._process is not None
        return asking(probe, self._described, self._home.around.pod_address, self._process.execute)
