"""The parameters of a StorageClass of ours, read strictly: what is not understood is refused, never passed over."""

from collections.abc import Mapping

from pydantic import ValidationError

from policy.errors import StewardError, shorten
from policy.exports import ManagedExports
from policy.model import Directories, Export
from policy.ownership import Ownership

EXPORT = "export"
_ON_DELETE = "onDelete"
_OWNERSHIP = ("mode", "uid", "gid")
_KNOWN = (EXPORT, _ON_DELETE, *_OWNERSHIP)


class ParametersRefused(StewardError):
    """A StorageClass asks for something that cannot be had; the text is a clause that names the parameter."""


def export_for(parameters: Mapping[str, str], exports: ManagedExports) -> Export:
    """The export that a class provisions on: the one it names, or the only one there is.

    Raises `ParametersRefused`. Every duty asks this alone to tell whose the class is, whatever else is wrong with it.
    """
    names = ", ".join(export.name for export in exports.exports) or "none"
    name = parameters.get(EXPORT)
    if name is None:
        if len(exports.exports) == 1:
            return exports.exports[0]
        raise ParametersRefused(f"parameter {EXPORT} is missing, and the policy has several exports or none ({names})")
    export = exports.named(name)
    if export is None:
        raise ParametersRefused(f"parameter {EXPORT}: the policy has no export {shorten(name)}, it has {names}")
    return export


def class_directories(parameters: Mapping[str, str], defaults: Directories) -> Ownership:
    """Mode and owner of the directories made for a class: what it says, laid over the export's own `defaults`.

    Raises `ParametersRefused` for any parameter that is not understood; one that is has no other effect.
    """
    unknown = sorted(parameters.keys() - set(_KNOWN))
    if unknown:
        raise ParametersRefused(f"parameter {', '.join(unknown)} is not supported; these are: {', '.join(_KNOWN)}")
    on_delete = parameters.get(_ON_DELETE, "retain")
    if on_delete != "retain":
        raise ParametersRefused(f"parameter {_ON_DELETE}: {shorten(on_delete)} is not supported yet, only retain is")
    wanted = {
        "mode": parameters.get("mode", f"{defaults.mode:04o}"),
        "uid": _number(parameters, "uid", defaults.uid),
        "gid": _number(parameters, "gid", defaults.gid),
    }
    try:
        return Directories.model_validate(wanted).ownership
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = first["msg"].removeprefix("Value error, ")
        raise ParametersRefused(f"parameter {first['loc'][0]}: {shorten(first['input'])}: {reason}") from None


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ParametersRefused(f"parameter {name}: {shorten(text)} is no number")
    return int(text)
