"""What the peer on kopf knows of nfs-steward's rules: the part that the benchmark's reviews exercise.

It reads the same policy file as nfs-steward. Nothing here knows kopf.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Options that contradict each other share a key.
SPELLINGS = {
    "vers": "nfsvers",
    "soft": "hard",
    "softerr": "hard",
    "noac": "ac",
    "relatime": "atime",
    "noatime": "atime",
}


@dataclass(frozen=True)
class Rules:
    """A policy: its exports as (names of the server, path), its profiles by name."""

    exports: Sequence[tuple[frozenset[str], str]]
    profiles: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Rules":
        """Read a policy file."""
        policy = yaml.safe_load(path.read_text())
        exports = [
            (frozenset(name.lower() for name in (export["server"], *export.get("aliases", ()))), export["path"])
            for export in policy["exports"]
        ]
        return cls(exports, {profile["name"]: profile for profile in policy["profiles"]})

    def profile(self, namespace_labels: Mapping[str, str]) -> Mapping[str, Any]:
        """The profile of a namespace: by its label, else the default."""
        named = namespace_labels.get("nfs-steward.io/profile", "default")
        return self.profiles.get(named) or self.profiles["default"]

    def is_nfs_class(self, name: str | None) -> bool:
        """Whether any profile names the class."""
        return any(profile.get("storageClassName") == name for profile in self.profiles.values())

    def manages(self, server: str, path: str) -> bool:
        """Whether an NFS source lies on a managed export, by path segments."""
        return any(server.lower() in names and under(root, path) for names, root in self.exports)


def under(root: str, path: str) -> bool:
    """Whether `path` is `root` or lies below it, by its segments and without any `..`."""
    wanted, given = root.strip("/").split("/"), path.strip("/").split("/")
    return given[: len(wanted)] == wanted and ".." not in given


def option_key(option: str) -> str:
    """The key under which options contradict each other."""
    name = option.partition("=")[0]
    return SPELLINGS.get(name, name)


def effective_options(profile: Mapping[str, Any], request: str) -> tuple[list[str], list[str]]:
    """The profile's options with the allowed requests laid over, and the requests that are refused."""
    options = {option_key(option): option for option in profile.get("mountOptions", ())}
    refused = []
    for asked in filter(None, (part.strip() for part in request.split(","))):
        if asked.partition("=")[0] in profile.get("allowedMountOptions", ()):
            options[option_key(asked)] = asked
        else:
            refused.append(asked)
    return list(options.values()), refused


def author_wrote_class(managed_fields: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the client's own request held the class; without managedFields it is taken to."""
    owned = (entry.get("fieldsV1", {}).get("f:spec", {}) for entry in managed_fields)
    return not managed_fields or any("f:storageClassName" in fields for fields in owned)


def cluster_default(classes: Iterable[tuple[str, str]]) -> str | None:
    """The newest of the classes marked as default, each given as (creation time, name)."""
    return max(classes, default=(None, None))[1]
