"""From YAML (or JSON, which is YAML) to plain JSON values that remember where they stood."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from cli.explaining.errors import ManifestUnreadable, Place

# Aliases let a few lines stand for billions of values; no real manifest comes near these.
_MOST_VALUES: Final = 2_000_000
_DEEPEST: Final = 100
_TOO_DEEP: Final = "is nested too deeply, or grows too large by its aliases"


class _ManifestLoader(yaml.CSafeLoader):
    """The safe loader in C, with dates left as the text they are: JSON has none, and neither has kubectl.

    It counts how deep it is: the C code calls itself for each level, and would end the process where C's stack ends.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012  as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self._source = source
        self._depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: int) -> None:  # noqa: ARG002
        """Called when a level begins; the resolver's own use for it, tags by path, is none of ours."""
        self._depth += 1
        if self._depth > _DEEPEST and current_node is not None:
            raise ManifestUnreadable(Place.of(self._source, current_node), _TOO_DEEP)

    def ascend_resolver(self) -> None:
        """Called when a level ends."""
        self._depth -= 1


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value, where it begins, and where each element of its `items` begins."""

    value: Any
    place: Place
    items: tuple[Place, ...]


def read_documents(text: str, source: str) -> Iterator[Document]:
    """Yield the documents in `text` that are not empty; `source` names the file in messages.

    Raises `ManifestUnreadable`, with the place, where it is no YAML or not the kind that JSON can say.
    """
    try:
        loader = _ManifestLoader(text, source)
        while loader.check_node():
            yield from _document(loader, source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ManifestUnreadable(Place(source, mark.line + 1 if mark else 1), error.problem or "no YAML") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ManifestUnreadable(Place(source, line), f"{error.reason} (character {error.character!r})") from error
    except ValueError as error:
        raise ManifestUnreadable(Place(source, 1), f"cannot be read as YAML: {error}") from error


def _document(loader: _ManifestLoader, source: str) -> Iterator[Document]:
    node = loader.get_node()
    assert node is not None, "check_node() said that there is one"
    place = Place.of(source, node)
    value = _JsonCopy(place).of(loader.construct_document(node))
    if value is not None:
        yield Document(value, place, tuple(_items(source, node)))


def _items(source: str, node: yaml.Node) -> Iterator[Place]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "items" and isinstance(value, yaml.SequenceNode):
                yield from (Place.of(source, item) for item in value.value)


class _JsonCopy:
    """Copies a value, so that no two objects share a part, and refuses what JSON cannot say."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._values = 0

    def of(self, value: Any, depth: int = 0) -> Any:
        self._values += 1
        if depth > _DEEPEST or self._values > _MOST_VALUES:
            raise ManifestUnreadable(self._place, _TOO_DEEP)
        if isinstance(value, dict):
            return {_key(key): self.of(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(each, depth + 1) for each in value]
        if value is None or isinstance(value, str | bool | int | float):
            return value
        raise ManifestUnreadable(self._place, f"holds a {type(value).__name__}, which JSON cannot say")


def _key(key: Any) -> str:
    """A key as kubectl makes one: `1:` and `true:` become text."""
    return ("true" if key else "false") if isinstance(key, bool) else str(key)
