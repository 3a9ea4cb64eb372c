"""Controllers that die with one of their effects, on the session's testbed, one after the other."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.https import get
from testbed.ports import LOOPBACK, free_ports
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from . import dying_controller
from .dying_controller import Terms
from .installation import Installation, leads

_NURSERY: Final = multiprocessing.get_context("forkserver")
"""Has every life begin as a process of its own that has imported everything already: that takes longer than most do."""
_NURSERY.set_forkserver_preload(["pytest", dying_controller.__name__])


@dataclass
class Mortals:
    """Starts controllers that die, one after the other; `folder` has what they write down."""

    installation: Installation
    folder: Path
    lives: int = 0

    @property
    def journal(self) -> Path:
        """The effects of all, one a line."""
        return self.folder / "journal"

    @property
    def endings(self) -> Path:
        """The kinds of effects with which lives have ended, one a line."""
        return self.folder / "endings"

    def live(self, effects: int | None, is_done: Callable[[], bool]) -> bool:
        """Have one life, which ends with so many effects, or (None) with the first of a kind with which none has ended
        before, and at the latest when all is done and its controller leads: that is whether it ended so.
        """
        self.lives += 1
        terms = self._terms(effects)
        process = _NURSERY.Process(target=dying_controller.live, args=(terms,), daemon=True)
        process.start()

        def readiness() -> str | None:
            try:
                return get(f"http://{LOOPBACK}:{terms.health_port}/readyz")
            except OSError:
                return None

        def ended() -> bool:
            return not process.is_alive()

        try:
            wait_for("its end, or that of all work", lambda: ended() or (leads(readiness()) and is_done()), WITHIN)
        finally:
            process.terminate()
            process.join(WITHIN)
        assert process.exitcode in (0, dying_controller.DIED), terms.log.read_text()
        return process.exitcode == 0

    def effects(self) -> Counter[str]:
        """How often each effect has happened."""
        return Counter(self.journal.read_text().split())

    def _terms(self, effects: int | None) -> Terms:
        product = self.installation.product
        (port,) = free_ports(1)
        return Terms(
            effects,
            self.journal,
            self.endings,
            log=product.bed.logs / f"mortal-{self.folder.name}-{self.lives}.log",
            policy=product.policy_file,
            kubeconfig=product.kubeconfig("export"),
            export=product.bed.export.root,
            health_port=port,
        )
