"""From files to the objects that stand in them, lists taken apart."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

import click

from cli.explaining.documents import read_documents
from cli.explaining.errors import ManifestUnreadable, Place, reading
from policy.shapes import Json, text

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of the input, and where it stands. `apiVersion`, `kind` and `metadata` have the shape they should."""

    obj: Json
    place: Place

    @property
    def kind(self) -> str:
        """The object's kind, such as `Deployment`."""
        return str(self.obj["kind"])

    @property
    def group(self) -> str:
        """The object's API group; empty for the core API."""
        group, slash, _ = str(self.obj["apiVersion"]).partition("/")
        return group if slash else ""

    @property
    def name(self) -> str:
        """The object's name, which may be empty."""
        return text(self.obj, "metadata", "name") or ""


def read_manifests(files: Iterable[str]) -> list[Manifest]:
    """Read every object in `files` (`-` is standard input), in order. Raises `ManifestUnreadable`."""
    return [manifest for file in files for manifest in _objects_in(file)]


def _objects_in(file: str) -> Iterator[Manifest]:
    source = "<stdin>" if file == STANDARD_INPUT else file
    for document in read_documents(_content(file, source), source):
        yield from _taken_apart(document.value, document.place, document.items)


def _content(file: str, source: str) -> str:
    try:
        with click.open_file(file, "rb") as opened:
            content: bytes = opened.read()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ManifestUnreadable(Place(source, 1), error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ManifestUnreadable(Place(source, line), "is not UTF-8") from error


def _taken_apart(value: object, place: Place, item_places: Iterable[Place]) -> Iterator[Manifest]:
    """Yield the object, or those of a list: `List`, `PodList` and the like; in a list within a list, at its place."""
    manifest = _checked(value, place)
    items = manifest.obj.get("items")
    if not isinstance(items, list) or not manifest.kind.endswith("List"):
        yield manifest
        return
    # The items of a typed list, as the API server returns them, leave out what the list says already.
    stated = {"apiVersion": manifest.obj["apiVersion"], "kind": manifest.kind.removesuffix("List")}
    for item, item_place in zip(items, item_places, strict=False):
        complete = {**stated, **item} if isinstance(item, dict) and stated["kind"] else item
        yield from _taken_apart(complete, item_place, repeat(item_place))


def _checked(value: object, place: Place) -> Manifest:
    if not isinstance(value, dict):
        raise ManifestUnreadable(place, f"is no Kubernetes object but a {type(value).__name__}")
    with reading(place):
        for field in ("apiVersion", "kind"):
            if not text(value, field):
                raise ManifestUnreadable(place, f"is no Kubernetes object: it has no {field}")
        for field in ("name", "namespace", "generateName"):
            text(value, "metadata", field)
    return Manifest(value, place)
