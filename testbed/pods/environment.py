"""A container's command line and environment variables.

https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from policy.shapes import Json, annotations, labels, mapping, sequence, text
from testbed.pods.errors import ContainerInvalid
from testbed.pods.images import Image

# `$$` stands for a dollar sign; a variable that does not exist stays as it is written.
_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^()$]+)\))")
_BY_KEY: Final = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


class Contents(Protocol):
    """Where the values of ConfigMaps and Secrets are looked up."""

    def value(self, kind: str, name: str, key: str) -> str | None:
        """The value of a key in a `ConfigMap` or `Secret` of the Pod's namespace; None where there is none."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a container may learn of where it runs."""

    pod_address: str
    node: str
    node_address: str
    api_server: str


def command_line(container: Json, image: Image, env: Mapping[str, str]) -> tuple[str, ...]:
    """The program and its arguments; raises `ContainerInvalid` where neither Pod nor image names a program."""
    command, arguments = sequence(container, "command"), sequence(container, "args")
    # A Pod's command alone means that the image's arguments are of no use either.
    program = command or image.entrypoint
    rest = arguments or (() if command else image.command)
    line = tuple(expand(str(part), env) for part in (*program, *rest))
    if not line:
        raise ContainerInvalid("no command specified")
    return line


def environment(pod: Json, container: Json, image: Image, around: Surroundings, contents: Contents) -> dict[str, str]:
    """All variables of a container; raises `ContainerInvalid` for one whose value cannot be found."""
    host, _, port = around.api_server.rpartition(":")
    env = {
        **image.env,
        "HOME": image.env.get("HOME", "/"),
        "HOSTNAME": str(text(pod, "metadata", "name")),
        "KUBERNETES_SERVICE_HOST": host.strip("[]"),
        "KUBERNETES_SERVICE_PORT": port,
    }
    if container.get("envFrom"):
        raise ContainerInvalid("envFrom is not supported on this node")
    for entry in sequence(container, "env"):
        value = _value(entry, pod, around, contents)
        if value is not None:
            env[entry["name"]] = expand(value, env) if "value" in entry else value
    return env


def expand(template: str, env: Mapping[str, str]) -> str:
    """Put variables in the place of `$(NAME)`."""

    def replacement(found: re.Match[str]) -> str:
        name = found[1]
        return "$" if name is None else env.get(name, found[0])

    return _REFERENCE.sub(replacement, template)


def field_value(pod: Json, path: str, around: Surroundings) -> str:
    """What a `fieldRef` says; raises `ContainerInvalid` for a field that cannot be referred to."""
    if found := _BY_KEY.fullmatch(path):
        return (labels(pod) if found[1] == "labels" else annotations(pod)).get(found[2], "")
    of_node = {
        "status.podIP": around.pod_address,
        "status.podIPs": around.pod_address,
        "status.hostIP": around.node_address,
        "status.hostIPs": around.node_address,
        "spec.nodeName": around.node,
    }
    if path in of_node:
        return of_node[path]
    if path in {"metadata.name", "metadata.namespace", "metadata.uid", "spec.serviceAccountName"}:
        return text(pod, *path.split(".")) or ""
    raise ContainerInvalid(f"the field {path} cannot be referred to")


def _value(entry: Mapping[str, Any], pod: Json, around: Surroundings, contents: Contents) -> str | None:
    source = mapping(dict(entry), "valueFrom")
    if not source:
        return str(entry.get("value") or "")
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"]["fieldPath"], around)
    for kind, reference in _references(source):
        value = contents.value(kind, reference["name"], reference["key"])
        if value is None and not reference.get("optional"):
            raise ContainerInvalid(f"couldn't find key {reference['key']} in {kind} {reference['name']}")
        return value
    raise ContainerInvalid(f"{entry['name']}: {', '.join(source)} is not supported on this node")


def _references(source: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if field in source:
            yield kind, source[field]
