"""Structured logs: a line is a constant message plus keys.

    log = get_logger(__name__).bind(namespace=namespace)
    log.info("directory made", export=export.name, path=path)

Python's `logging` lies underneath, so that libraries' lines come out in the same form. Packages below this one reach
the same form with `extra={"keys": {...}}`.
"""

import json as text_json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TextIO, TypeAlias

import orjson

Level: TypeAlias = Literal["debug", "info", "warning", "error"]

_KEYS: Final = "keys"


class Logger:
    """Writes lines that carry the keys bound to it. A key is a word of Python; a value may be anything."""

    __slots__ = ("_keys", "_logger")

    def __init__(self, logger: logging.Logger, keys: Mapping[str, object]) -> None:
        self._logger = logger
        self._keys = keys

    def bind(self, **keys: object) -> "Logger":
        """A logger whose every line carries these keys too."""
        return Logger(self._logger, {**self._keys, **keys})

    def debug(self, message: str, /, **keys: object) -> None:
        """Say what only somebody who looks for a fault wants to know."""
        self._write(logging.DEBUG, message, keys)

    def info(self, message: str, /, **keys: object) -> None:
        """Say what happened."""
        self._write(logging.INFO, message, keys)

    def warning(self, message: str, /, **keys: object) -> None:
        """Say what somebody should look at in time."""
        self._write(logging.WARNING, message, keys)

    def error(self, message: str, /, **keys: object) -> None:
        """Say what did not work."""
        self._write(logging.ERROR, message, keys)

    def exception(self, message: str, /, **keys: object) -> None:
        """As `error`, with the traceback of the exception being handled."""
        self._write(logging.ERROR, message, keys, traceback=True)

    def _write(self, level: int, message: str, keys: Mapping[str, object], *, traceback: bool = False) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, message, exc_info=traceback, extra={_KEYS: {**self._keys, **keys}})


def get_logger(name: str) -> Logger:
    """The logger of a module: `get_logger(__name__)`."""
    return Logger(logging.getLogger(name), {})


def configure(*, json: bool, level: Level = "info", stream: TextIO | None = None) -> None:
    """Send all of the process's log lines to `stream` (standard error), as JSON objects or as text for people."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if json else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # It warns whenever more connections are in use than are kept idle, which is what the pool is for.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class JsonFormatter(logging.Formatter):
    """One JSON object on each line: `time`, `level`, `logger`, `message`, the line's keys, and `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        entry = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        line: dict[str, object] = {**_keys(record), **entry, "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except (
            TypeError
        ):  # text that is no Unicode, such as a file's name: orjson refuses it, the slower one escapes it
            return text_json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """A line for people: time, level, logger, message, then `key=value`; values never break the line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, followed by a traceback where there is one."""
        keys = "".join(f" {key}={_shown(value)}" for key, value in _keys(record).items())
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {record.getMessage()}{keys}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _keys(record: logging.LogRecord) -> Mapping[str, object]:
    keys = getattr(record, _KEYS, None)
    return keys if isinstance(keys, dict) else {}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(value: object) -> str:
    shown = str(value)
    return shown if shown.isprintable() and not set(' "=') & set(shown) and shown else text_json.dumps(shown)
