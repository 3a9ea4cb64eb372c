"""The files of volumes that hold what the API knows: ConfigMaps, Secrets, tokens, a Pod's own fields.

https://kubernetes.io/docs/concepts/storage/projected-volumes/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kube.errors import ApiError
from policy.shapes import Json, mapping, text
from testbed.pods.environment import Surroundings, field_value
from testbed.pods.errors import VolumeUnready
from testbed.pods.payload import File, Payload
from testbed.pods.sources import Sources
from testbed.pods.tokens import Tokens

_USUAL_MODE: Final = 0o644
_TOKEN_MODE: Final = 0o600
_KINDS: Final = {"configMap": "ConfigMap", "secret": "Secret"}


@dataclass(frozen=True, slots=True)
class Projector:
    """Makes the files of one Pod's volumes."""

    pod: Json
    sources: Sources
    tokens: Tokens
    around: Surroundings

    def payload(self, volume: Mapping[str, Any]) -> Payload:
        """The files of a `configMap`, `secret`, `downwardAPI` or `projected` volume, as they should be now.

        Raises `VolumeUnready` where something that it needs is not there.
        """
        if "configMap" in volume:
            return self._object("configMap", volume["configMap"], _mode(volume["configMap"]))
        if "secret" in volume:  # which names its Secret and its option differently from all others
            secret = volume["secret"]
            return self._object("secret", {**secret, "name": secret["secretName"]}, _mode(secret))
        if "downwardAPI" in volume:
            return self._fields(volume["downwardAPI"], _mode(volume["downwardAPI"]))
        return self._projected(volume["projected"])

    def _projected(self, volume: Mapping[str, Any]) -> Payload:
        mode = _mode(volume)
        together: dict[str, File] = {}
        for source in volume.get("sources") or ():
            ((kind, what),) = source.items()
            if kind in _KINDS:
                together |= self._object(kind, what, mode)
            elif kind == "downwardAPI":
                together |= self._fields(what, mode)
            elif kind == "serviceAccountToken":
                together[what["path"]] = self._token(what)
            else:
                raise VolumeUnready(f"the source {kind} is not supported on this node")
        return together

    def _object(self, source: str, reference: Mapping[str, Any], mode: int) -> Payload:
        kind, name, optional = _KINDS[source], reference["name"], bool(reference.get("optional"))
        namespace = str(text(self.pod, "metadata", "namespace"))
        data = self.sources.data(kind, name, namespace)
        if data is None:
            if optional:
                return {}
            raise VolumeUnready(f'{kind.lower()} "{namespace}/{name}" not found')
        return {
            item["path"]: File(data[item["key"]], int(item.get("mode") or mode), gid=self._group())
            for item in reference.get("items") or ({"key": key, "path": key} for key in data)
            if _is_there(item["key"], data, name, optional=optional)
        }

    def _fields(self, reference: Mapping[str, Any], mode: int) -> Payload:
        return {
            item["path"]: File(
                field_value(self.pod, item["fieldRef"]["fieldPath"], self.around).encode(),
                int(item.get("mode") or mode),
                gid=self._group(),
            )
            for item in reference.get("items") or ()
        }

    def _token(self, projection: Mapping[str, Any]) -> File:
        try:
            token = self.tokens.token(projection).encode()
        except ApiError as problem:
            raise VolumeUnready(f"failed to fetch token: {problem}") from problem
        # Readable for the one who runs the Pod, by its user or by its group, and else for everybody, as nobody else
        # would be the right one.
        uid, group = mapping(self.pod, "spec", "securityContext").get("runAsUser"), self._group()
        if group:
            return File(token, _TOKEN_MODE | 0o040, gid=group)
        return File(token, _USUAL_MODE) if uid is None else File(token, _TOKEN_MODE, uid=int(uid))

    def _group(self) -> int:
        return int(mapping(self.pod, "spec", "securityContext").get("fsGroup") or 0)


def _is_there(key: str, data: Mapping[str, bytes], name: str, *, optional: bool) -> bool:
    if key not in data and not optional:
        raise VolumeUnready(f'"{name}" references non-existent key: {key}')
    return key in data


def _mode(volume: Mapping[str, Any]) -> int:
    mode = volume.get("defaultMode")
    return _USUAL_MODE if mode is None else int(mode)
