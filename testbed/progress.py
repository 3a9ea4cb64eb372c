"""Saying what is going on, and why it takes long, while the testbed is set up."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console

_LINE_EVERY = 15.0


class Report(Protocol):
    """Tells how far the current step is, such as `1200 of 3105 packages`."""

    def __call__(self, text: str) -> None:
        """Show `text` beside the step's title."""


class Progress:
    """Steps on a stream: a spinner with the elapsed time on a terminal, plain lines elsewhere (CI, files)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, highlight=False)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str, why: str = "") -> Iterator[Report]:
        """Show `title` (and `why` it takes long) while the block runs, then the time it took."""
        started = time.monotonic()
        shown = f"{title} ({why})" if why else title
        if self._console.is_terminal:
            with self._console.status(shown) as status:
                yield lambda text: status.update(f"{shown}: {text} [dim]{time.monotonic() - started:.0f} s[/]")
        else:
            self.say(f"{shown} ...")
            yield self._line_now_and_then(title, started)
        self.say(f"{title}: {time.monotonic() - started:.1f} s")

    def _line_now_and_then(self, title: str, started: float) -> Report:
        last = started

        def report(text: str) -> None:
            nonlocal last
            if (now := time.monotonic()) - last >= _LINE_EVERY:
                last = now
                self.say(f"{title}: {text}, {now - started:.0f} s so far")

        return report
