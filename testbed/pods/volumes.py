"""A Pod's volumes: folders of this machine, made before its containers start and kept up to date while they run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from policy.shapes import Json, mapping, sequence, text
from testbed.pods.errors import ContainerInvalid, VolumeUnready
from testbed.pods.nfs import NfsServers
from testbed.pods.payload import PayloadFolder
from testbed.pods.projections import Projector
from testbed.pods.sandbox import Mount
from testbed.pods.sources import Sources

_PROJECTED: Final = ("configMap", "secret", "downwardAPI", "projected")


@dataclass
class PodVolumes:
    """The volumes of one Pod, those that need one in folders below `folder`."""

    pod: Json
    folder: Path
    sources: Sources
    projector: Projector
    servers: NfsServers
    _folders: dict[str, Path] = field(default_factory=dict, init=False)
    _payloads: dict[str, PayloadFolder] = field(default_factory=dict, init=False)

    def set_up(self) -> list[str]:
        """Make what can be made; returns what a kubelet says of the volumes that cannot be mounted yet."""
        problems = []
        for volume in self._volumes():
            if volume["name"] not in self._folders:
                try:
                    self._folders[volume["name"]] = self._made(volume)
                except VolumeUnready as problem:
                    problems.append(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {problem}')
        return problems

    def refresh(self) -> list[str]:
        """Write anew the files whose source has changed; returns what could not be, which stays as it was."""
        problems = []
        for volume in self._volumes():
            if payload := self._payloads.get(volume["name"]):
                try:
                    payload.write(self.projector.payload(volume))
                except VolumeUnready as problem:
                    problems.append(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {problem}')
        return problems

    def mounts(self, container: Json) -> tuple[Mount, ...]:
        """What a container has of them, once all are set up."""
        return tuple(self._mount(each) for each in sequence(container, "volumeMounts"))

    def _mount(self, mount: Mapping[str, Any]) -> Mount:
        source = self._folders[mount["name"]] / str(mount.get("subPath") or "")
        if "subPathExpr" in mount or not source.exists():
            raise ContainerInvalid(f"failed to prepare subPath for the volume {mount['name']}")
        return Mount(str(source.resolve()), mount["mountPath"], bool(mount.get("readOnly")))

    def _volumes(self) -> list[Json]:
        return list(sequence(self.pod, "spec", "volumes"))

    def _made(self, volume: Json) -> Path:
        makers: dict[str, Callable[[Json], Path]] = dict.fromkeys(_PROJECTED, self._project)
        makers |= {"emptyDir": self._empty, "nfs": self._nfs, "ephemeral": self._ephemeral}
        makers["persistentVolumeClaim"] = self._claimed
        for kind, make in makers.items():
            if kind in volume:
                return make(volume)
        raise VolumeUnready(f"{', '.join(volume.keys() - {'name'})}: not supported on this node")

    def _project(self, volume: Json) -> Path:
        payload = self.projector.payload(volume)
        folder = PayloadFolder(self.folder / str(volume["name"]))
        folder.write(payload)
        self._payloads[volume["name"]] = folder
        return folder.path

    def _empty(self, volume: Json) -> Path:
        folder = self.folder / str(volume["name"])
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
        return folder

    def _nfs(self, volume: Json) -> Path:
        return self.servers.folder(volume["nfs"]["server"], volume["nfs"]["path"])

    def _ephemeral(self, volume: Json) -> Path:
        return self._of_claim(f"{text(self.pod, 'metadata', 'name')}-{volume['name']}")

    def _claimed(self, volume: Json) -> Path:
        return self._of_claim(volume["persistentVolumeClaim"]["claimName"])

    def _of_claim(self, name: str) -> Path:
        claim = self.sources.find("PersistentVolumeClaim", name, text(self.pod, "metadata", "namespace"))
        if claim is None or text(claim, "status", "phase") != "Bound":
            raise VolumeUnready(f'the claim "{name}" is not bound')
        volume = self.sources.find("PersistentVolume", str(text(claim, "spec", "volumeName")))
        nfs = mapping(volume, "spec", "nfs") if volume else {}
        if not nfs:
            raise VolumeUnready(f'the volume of the claim "{name}" is not supported on this node: it is not NFS')
        return self.servers.folder(nfs["server"], nfs["path"])
