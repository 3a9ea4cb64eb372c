"""The wire format of admission: AdmissionReview of `admission.k8s.io/v1`, as far as it is read or written here.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request and #response
"""

from typing import Any, Final, Literal, NotRequired, TypedDict

REVIEW_VERSION: Final = "admission.k8s.io/v1"
REVIEW_KIND: Final = "AdmissionReview"


class GroupVersionKind(TypedDict):
    """The kind of an object; `group` is empty for the core API."""

    group: str
    version: str
    kind: str


class AdmissionRequest(TypedDict):
    """What the API server asks about. `object` is the object as it stands after the plugins and webhooks before us."""

    uid: str
    kind: GroupVersionKind
    operation: Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]
    object: NotRequired[dict[str, Any] | None]
    name: NotRequired[str]
    namespace: NotRequired[str]
    subResource: NotRequired[str]
    dryRun: NotRequired[bool]


class StatusDetails(TypedDict):
    """`retryAfterSeconds`: the API server passes it on as the header Retry-After, and its clients try again then."""

    retryAfterSeconds: int


class Status(TypedDict):
    """The error that the API server returns to the author of a refused object."""

    code: int
    reason: str
    message: str
    details: NotRequired[StatusDetails]


class AdmissionResponse(TypedDict):
    """The answer; `patch` is a JSON Patch, base64 of its JSON text."""

    uid: str
    allowed: bool
    patchType: NotRequired[Literal["JSONPatch"]]
    patch: NotRequired[str]
    status: NotRequired[Status]
    warnings: NotRequired[list[str]]
    auditAnnotations: NotRequired[dict[str, str]]


class AdmissionReview(TypedDict):
    """The envelope of request and response."""

    apiVersion: str
    kind: Literal["AdmissionReview"]
    request: NotRequired[AdmissionRequest]
    response: NotRequired[AdmissionResponse]


class PatchOperation(TypedDict):
    """One operation of a JSON Patch (RFC 6902); `path` is a JSON Pointer (RFC 6901)."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: NotRequired[Any]
