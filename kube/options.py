"""The optional parameters that the verbs of the API share: our spelling, the API's meaning.

https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/
"""

from collections.abc import Mapping
from typing import Final, Literal, Required, TypeAlias, TypedDict

from policy.shapes import Json

PatchType: TypeAlias = Literal["json", "merge", "strategic", "apply"]

FIELD_MANAGER: Final = "nfs-steward"
"""Who owns, in `metadata.managedFields`, what we write."""


class Timeout(TypedDict, total=False):
    """`timeout`: seconds until a silent server counts as unreachable."""

    timeout: float


class Reading(Timeout, total=False):
    """`metadata_only`: the object without spec and status, as a `PartialObjectMetadata`."""

    metadata_only: bool


class Selection(Reading, total=False):
    """`label_selector`, `field_selector`: which objects, as kubectl spells it."""

    label_selector: str | None
    field_selector: str | None


class Paging(Selection, total=False):
    """`page_size`: objects in one answer of a list; 0: all in one."""

    page_size: int


class Writing(Timeout, total=False):
    """`subresource`: such as `status`. `field_manager`: FIELD_MANAGER unless given. `dry_run`: only checked."""

    subresource: str | None
    field_manager: str
    dry_run: bool


class Patching(Writing, total=False):
    """`type`: what kind of patch it is. `force`: an apply takes over fields that others own."""

    type: Required[PatchType]
    force: bool


class Deleting(Timeout, total=False):
    """`uid`: only if it is that very object; `version`: only as it was at that `resourceVersion`. `grace`: the seconds
    that a Pod has to end, instead of its own; with 0 it is forgotten at once. `dry_run`: only checked.
    """

    uid: str | None
    version: str | None
    grace: int | None
    dry_run: bool


def deletion(options: Deleting) -> Json:
    """What the API calls DeleteOptions."""
    # The policy is the API server's own, but for Jobs, whose Pods it would leave.
    # https://kubernetes.io/docs/concepts/architecture/garbage-collection/
    body: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
    if (grace := options.get("grace")) is not None:
        body["gracePeriodSeconds"] = grace
    preconditions = {"uid": options.get("uid"), "resourceVersion": options.get("version")}
    if any(preconditions.values()):
        body["preconditions"] = {field: value for field, value in preconditions.items() if value}
    if options.get("dry_run"):
        body["dryRun"] = ["All"]
    return body


def selection_query(selection: Selection) -> dict[str, str]:
    """The query parameters that select objects."""
    query = {"labelSelector": selection.get("label_selector"), "fieldSelector": selection.get("field_selector")}
    return {name: value for name, value in query.items() if value}


def writing_query(options: Writing) -> dict[str, str]:
    """The query parameters of a write."""
    query = {"fieldManager": options.get("field_manager", FIELD_MANAGER)}
    return query | ({"dryRun": "All"} if options.get("dry_run") else {})


_PARTIAL: Final = "application/json;as={kind};g=meta.k8s.io;v=v1"
_ACCEPT: Final[Mapping[str, str]] = {
    "object": _PARTIAL.format(kind="PartialObjectMetadata"),
    "list": _PARTIAL.format(kind="PartialObjectMetadataList"),
}


def accepted(selection: Reading, what: Literal["object", "list"]) -> str:
    """The `Accept` header: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches."""
    return _ACCEPT[what] if selection.get("metadata_only") else "application/json"
