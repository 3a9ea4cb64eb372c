"""Reading an export table as the kernel's NFS server does: exports(5), and the parser of nfs-utils behind exportfs(8).

A line is a path and the clients that may mount it, each with options in parentheses that follow without a space. Where
they differ from what is meant, these count: options without a client are for everybody, and so is a path alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_OCTAL: Final = re.compile(r"\\([0-7]{3})")
_CONTINUED: Final = re.compile(r"\\\n[ \t]*")
_EVERYBODY: Final = frozenset({"*", "", "0.0.0.0/0", "0.0.0.0/0.0.0.0", "::/0"})


@dataclass(frozen=True, slots=True)
class ExportClient:
    """Who may mount: a host, a network, a pattern, `@netgroup`, `*`; empty where the line names nobody, which means
    everybody. `options` are the line's defaults and then its own, in order, of which the last counts. `apart`: there is
    a space between the one before, who has no options of its own, and these.
    """

    name: str
    options: tuple[str, ...]
    apart: bool = False

    @property
    def everybody(self) -> bool:
        """Whether any host at all may mount."""
        return self.name in _EVERYBODY

    def __str__(self) -> str:
        return f"{self.name or '(nobody named)'}({','.join(self.options)})"


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A path that is exported, on the line of this number, counted from 1."""

    number: int
    path: str
    clients: tuple[ExportClient, ...]


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line that the server cannot read, and why, as a clause."""

    number: int
    why: str


def read_table(text: str) -> tuple[ExportLine | UnreadLine, ...]:
    """Read a table; a line that cannot be read is told in its place."""
    return tuple(_line(number, tokens) for number, line in _logical_lines(text) if (tokens := _tokens(line)))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations, each with the number where it begins. A comment is not continued."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        start, line = number + 1, lines[number]
        while line.endswith("\\") and not _in_comment(line) and number + 1 < len(lines):
            number += 1
            line = _CONTINUED.sub(" ", f"{line}\n{lines[number]}")
        yield start, line
        number += 1


def _in_comment(line: str) -> bool:
    return _cut(line) != line


def _tokens(line: str) -> list[str]:
    """The words of a line: quotes keep spaces within a word, and are dropped."""
    words = re.findall(r'(?:"[^"]*"?|[^\s"])+', _cut(line))
    return [word.replace('"', "") for word in words]


def _cut(line: str) -> str:
    """A line without its comment: a `#` begins one where a word could begin, outside of quotes."""
    quoted = False
    for place, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "#" and not quoted and (place == 0 or line[place - 1].isspace()):
            return line[:place]
    return line


def _line(number: int, tokens: list[str]) -> ExportLine | UnreadLine:
    path, rest = _unescaped(tokens[0]), tokens[1:]
    if not path.startswith("/"):
        return UnreadLine(number, f"{path!r} is no path: a line begins with the folder that is exported")
    defaults: tuple[str, ...] = ()
    clients: list[ExportClient] = []
    for word in rest:
        if word.startswith("-"):
            defaults += _options(word[1:])
            continue
        name, opened, listed = word.partition("(")
        if opened and (not listed.endswith(")") or ")" in listed[:-1]):
            return UnreadLine(number, f"{word!r} is not CLIENT(OPTION,...)")
        apart = not name and bool(clients) and clients[-1].options == defaults
        clients.append(ExportClient(name, defaults + _options(listed[:-1]), apart))
    return ExportLine(number, path, tuple(clients) or (ExportClient("", defaults),))


def _options(text: str) -> tuple[str, ...]:
    return tuple(option for option in text.split(",") if option)


def _unescaped(word: str) -> str:
    """`\\040` is a space, and so on."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), word)
