"""gunicorn's log lines in the form of all others; requests are logged by what was decided, not by their URL."""

import logging
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger


class ProcessLogger(Logger):  # type: ignore[misc] # gunicorn has no type information
    """Hands everything to Python's `logging` as `runtime.logs` has set it up."""

    def setup(self, cfg: Config) -> None:  # noqa: ARG002 - gunicorn's own settings for logs do not count
        """Leave handlers and levels as they are."""
        logging.getLogger("gunicorn.error").propagate = True

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Write nothing."""
