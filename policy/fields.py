"""The kinds of values that the policy's fields hold, each with its check and its JSON Schema."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StrictInt, WithJsonSchema

from policy.durations import format_duration, parse_duration
from policy.errors import MountOptionInvalid, PathRefused, QuantityInvalid
from policy.mountoptions import check_allowable, parse_options
from policy.mountoptions.table import OPTIONS
from policy.ownership import AUTO
from policy.paths import NAMESPACE_VARIABLE, RESERVED, check_segment, split_path
from policy.quantity import parse_amount, parse_quantity
from policy.servers import is_server

MOST_CLAIMS = 1_000_000
"""More claims than this in one namespace are no limit but a slip."""

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
# A quota counts what a class has under `<class>.storageclass.storage.k8s.io/...`: before the slash stands a subdomain
# of 253 characters at most. https://kubernetes.io/docs/concepts/policy/resource-quotas/#storage-resource-quota
_LONGEST_CLASS_NAME = 225
_LONGEST_LABEL = 63
_LONGEST_EXPORT_NAME = 40
_LONGEST_CONTACT = 200
_MODE = r"[0-7]{3,4}"
_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_SERVER = r"[A-Za-z0-9._:%\[\]-]+"
_QUANTITY = r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?"
_DURATION = r"([0-9]+(\.[0-9]+)?(h|ms|m|s))+"
_SETTABLE = "|".join(re.escape(name) for name, spec in OPTIONS.items() if not spec.not_in_policies)
_OPTION_LIST = rf"(( *({_SETTABLE})(=[^,]*)?)? *(,|$))*"
_ASKABLE = tuple(name for name, spec in OPTIONS.items() if not spec.not_by_claims)


def is_class_name(text: str) -> bool:
    """Whether `text` can be the name of a StorageClass that quotas count: a DNS-1123 subdomain, and not too long."""
    return len(text) <= _LONGEST_CLASS_NAME and re.fullmatch(_SUBDOMAIN, text, re.ASCII) is not None


def _class_name(text: str) -> str:
    if not is_class_name(text):
        raise ValueError("is not the name of a StorageClass: lower-case letters, digits, '-' and '.'")
    return text


def _label(text: str, longest: int = _LONGEST_LABEL) -> str:
    if len(text) > longest or not re.fullmatch(_LABEL, text, re.ASCII):
        raise ValueError(f"is no name: at most {longest} lower-case letters and digits, with '-' between them")
    return text


def _export_name(text: str) -> str:
    return _label(text, _LONGEST_EXPORT_NAME)


def _quantity(value: object) -> str:
    return _as_written(value, parse_quantity)


def _amount(value: object) -> str:
    return _as_written(value, parse_amount)


def _as_written(value: object, parse: Callable[[str | int], int]) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("write a size as text, such as 1Gi")
    try:
        parse(value)
    except QuantityInvalid as error:
        raise ValueError(error.reason) from None
    return str(value)


def _written_quantity(least: int) -> WithJsonSchema:
    text = {"type": "string", "pattern": f"^{_QUANTITY}$"}
    return WithJsonSchema({"anyOf": [text, {"type": "integer", "minimum": least}]})


def _contact(text: str) -> str:
    if not text.isprintable() or not text.strip() or len(text) > _LONGEST_CONTACT:
        raise ValueError(f"write one line of text, of at most {_LONGEST_CONTACT} characters")
    return text.strip()


def _mode_bits(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch(_MODE, value, re.ASCII):
        raise ValueError('write the mode as text of three or four octal digits, such as "2770"')
    return int(value, 8)


def _gid(value: object) -> object:
    if isinstance(value, str) and value != AUTO:
        raise ValueError(f"write a gid as a number, or {AUTO} for the namespace's own")
    return value


def _provisioner_name(text: str) -> str:
    prefix, _, name = text.rpartition("/")
    if not re.fullmatch(_NAME, name, re.ASCII) or (prefix and not is_class_name(prefix.lower())):
        raise ValueError("is not the name of a provisioner, such as k8s-sigs.io/nfs-subdir-external-provisioner")
    if prefix == "kubernetes.io":
        raise ValueError("is one of Kubernetes' own provisioners")
    return text


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("write a duration as text, such as 10m")
    return parse_duration(value)


def _server(text: str) -> str:
    if not is_server(text):
        raise ValueError("is neither a host name nor an IP address")
    return text


def _export_path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("must begin with /")
    segments = _checked(split_path(text))
    if RESERVED in segments:
        raise ValueError(f"lies in {RESERVED}, which is nfs-steward's own on an export")
    return "/" + "/".join(segments)


def _inline_path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("must begin with /")
    # Any name will do to see whether the rest of the pattern can be a path.
    _checked(split_path(text.replace(NAMESPACE_VARIABLE, "namespace")))
    return text


def _checked(segments: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(check_segment(segment) for segment in segments)
    except PathRefused as error:
        raise ValueError(str(error)) from None


def _mount_option(text: str) -> str:
    try:
        parse_options([text])
    except MountOptionInvalid as error:
        raise ValueError(error.reason) from None
    return text


def _layer(texts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        parse_options(texts)
    except MountOptionInvalid as error:
        raise ValueError(str(error)) from None
    return texts


def _allowable_option(name: str) -> str:
    try:
        return check_allowable(name)
    except MountOptionInvalid as error:
        raise ValueError(error.reason) from None


def _as_text(pattern: str, example: str, longest: int | None = None) -> WithJsonSchema:
    limit = {"maxLength": longest} if longest else {}
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", **limit, "examples": [example]})


ClassName: TypeAlias = Annotated[str, AfterValidator(_class_name), _as_text(_SUBDOMAIN, "nfs")]
ExportName: TypeAlias = Annotated[str, AfterValidator(_export_name), _as_text(_LABEL, "main", _LONGEST_EXPORT_NAME)]
"""A DNS label, short enough that `nfs-steward.io/directory-<name>` stays a qualified name."""
ProfileName: TypeAlias = Annotated[str, AfterValidator(_label), _as_text(_LABEL, "gold")]
"""A DNS label: it is also the value of a label."""
QuantityText: TypeAlias = Annotated[str, BeforeValidator(_quantity), _written_quantity(least=1)]
"""A size kept as its author wrote it, known to parse."""
AmountText: TypeAlias = Annotated[str, BeforeValidator(_amount), _written_quantity(least=0)]
"""How much there may be in all, likewise; 0 is nothing."""
Contact: TypeAlias = Annotated[
    str,
    AfterValidator(_contact),
    _as_text(r".*\S.*", "storage@corp.example", _LONGEST_CONTACT),
]
"""Whom to ask for more, on one line: it ends sentences such as "Ask …"."""
ModeBits: TypeAlias = Annotated[
    int, BeforeValidator(_mode_bits), PlainSerializer(lambda bits: f"{bits:04o}"), _as_text(_MODE, "2770")
]
"""A directory's mode bits; the file holds octal text, since YAML reads 0770 and 2770 each in its own way."""
Duration: TypeAlias = Annotated[
    timedelta, BeforeValidator(_duration), PlainSerializer(format_duration), _as_text(_DURATION, "10m")
]
OwnerId: TypeAlias = Annotated[StrictInt, Field(ge=0, le=2**32 - 2)]
"""A uid or gid; 2^32-1 means "leave as it is" to chown(2)."""
Gid: TypeAlias = Annotated[
    OwnerId | Literal["auto"],
    BeforeValidator(_gid),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 2**32 - 2}, {"const": AUTO}]}),
]
"""A gid, or `auto` for the one of the namespace that the directory is made for."""
NamespaceGid: TypeAlias = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
"""A gid that a namespace may get: not root's, and none that a Pod's `supplementalGroups` would not take."""
ProvisionerName: TypeAlias = Annotated[
    str,
    AfterValidator(_provisioner_name),
    _as_text(rf"([A-Za-z0-9.-]+/)?{_NAME}", "k8s-sigs.io/nfs-subdir-external-provisioner"),
]
"""The name by which StorageClasses name a provisioner: a qualified name."""
UsageThreshold: TypeAlias = Annotated[StrictInt, Field(ge=1, le=1000)]
"""So many percent of a claim's size."""
ClaimCount: TypeAlias = Annotated[StrictInt, Field(ge=0, le=MOST_CLAIMS)]
ServerName: TypeAlias = Annotated[str, AfterValidator(_server), _as_text(_SERVER, "10.0.0.5")]
"""A host name, or an IP address; IPv6 with brackets or without."""
ExportPath: TypeAlias = Annotated[str, AfterValidator(_export_path), _as_text("/.*", "/nfs/data")]
"""An absolute path, stored without `//`, `/./` and a slash at its end."""
InlinePath: TypeAlias = Annotated[str, AfterValidator(_inline_path), _as_text("/.*", "/nfs/data/${namespace}")]
"""An absolute path in which `${namespace}` may stand."""
_MountOption: TypeAlias = Annotated[str, AfterValidator(_mount_option), _as_text(_OPTION_LIST, "hard")]
MountOptions: TypeAlias = Annotated[tuple[_MountOption, ...], AfterValidator(_layer)]
"""One layer of mount options, known to parse and free of contradictions."""
_AllowedOption: TypeAlias = Annotated[
    str, AfterValidator(_allowable_option), WithJsonSchema({"type": "string", "enum": list(_ASKABLE)})
]
AllowedOptions: TypeAlias = tuple[_AllowedOption, ...]
"""Names of mount options that a claim may ask for."""
AccessMode: TypeAlias = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]
