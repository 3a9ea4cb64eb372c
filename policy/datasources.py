"""What a claim asks to be filled with: only another claim can be copied, and all else is refused by name.

https://kubernetes.io/docs/concepts/storage/persistent-volumes/#volume-populators-and-data-sources
"""

from dataclasses import dataclass
from typing import Final

from policy.authorship import author_wrote
from policy.errors import StewardError
from policy.shapes import Json, mapping, sequence, text

_FIELDS: Final = ("dataSourceRef", "dataSource")
"""The API server keeps both in step, but for what only the first can say: a namespace."""

CLAIM: Final = ("", "PersistentVolumeClaim")
"""API group and kind of what can be copied."""


class DataSourceRefused(StewardError):
    """A claim asks to be filled with what cannot be copied; the text is a clause that names it."""


@dataclass(frozen=True, slots=True)
class SourceName:
    """The claim to copy from."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def source_name(claim: Json) -> SourceName | None:
    """The claim that a claim is to be a copy of, None where it asks for nothing.

    Raises `DataSourceRefused` for whatever else it asks for, also for what the API server has dropped (which its
    `managedFields` still tell).
    """
    field = next((field for field in _FIELDS if mapping(claim, "spec", field)), None)
    own = text(claim, "metadata", "namespace") or ""
    if field is None:
        _refuse_dropped(claim)
        return None
    kind = (text(claim, "spec", field, "apiGroup") or "", text(claim, "spec", field, "kind") or "")
    name = text(claim, "spec", field, "name") or ""
    if kind != CLAIM:
        raise DataSourceRefused(f"its data source is {kind[1]} {name}, and only claims can be copied")
    return SourceName(text(claim, "spec", field, "namespace") or own, name)


def _refuse_dropped(claim: Json) -> None:
    """The API server drops a data source with a namespace where the feature gate CrossNamespaceVolumeDataSource is
    off, and a `dataSource` that is no claim and no snapshot; whoever wrote it expects data all the same.
    """
    if not sequence(claim, "metadata", "managedFields"):
        return
    for field in _FIELDS:
        if author_wrote(claim, "spec", field):
            raise DataSourceRefused(f"the API server has dropped the {field} that its author wrote")
