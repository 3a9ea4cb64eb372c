"""Controllers that die after so many effects, on the session's testbed, one after the other."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.ports import LOOPBACK, free_ports
from testbed.product.product import Running
from testbed.supervision.client import Program
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from . import dying_controller
from .installation import Installation, leads


@dataclass
class Mortals:
    """Starts controllers that die after so many effects, one after the other; `journal` has the effects of all."""

    installation: Installation
    journal: Path
    lives: int = 0

    def start(self, effects: int) -> Running:
        """Begin a life."""
        self.lives += 1
        product = self.installation.product
        (port,) = free_ports(1)
        arguments = [str(effects), str(self.journal), str(product.policy_file), str(product.bed.export.root), str(port)]
        argv = [sys.executable, dying_controller.__file__, *arguments]
        env = {"KUBECONFIG": str(product.kubeconfig("export"))}
        log = product.bed.logs / f"mortal-{self.journal.stem}-{self.lives}.log"
        program = Program("mortal controller", argv, log, env, product.folder)
        return Running(product.bed.supervisor.start(program), f"http://{LOOPBACK}:{port}/readyz")

    def live(self, effects: int, is_done: Callable[[], bool]) -> bool:
        """Have one life, which ends at the latest when all is done and its controller leads; whether it had any effects
        left by then.
        """
        running = self.start(effects)

        def ended() -> bool:
            return not running.process.running()

        wait_for("its end, or that of all work", lambda: ended() or (leads(running) and is_done()), WITHIN)
        running.process.stop()
        status = running.process.status()
        assert status in (0, dying_controller.DIED), running.process.log.read_text()
        return status == 0

    def effects(self) -> Counter[str]:
        """How often each effect has happened."""
        return Counter(self.journal.read_text().split())
