"""How Events and effects name the object that they are about."""

from controller.observed.records import ClaimRef, NamespaceRecord, PodRecord, VolumeRecord
from kube import resources
from kube.events import ObjectReference
from kube.resources import Resource


def pod_subject(pod: PodRecord) -> ObjectReference:
    """The Pod of a record."""
    return _subject(resources.PODS, pod.name, pod.namespace, pod.uid)


def volume_subject(volume: VolumeRecord) -> ObjectReference:
    """The volume of a record."""
    return _subject(resources.VOLUMES, volume.name, None, volume.uid)


def claim_subject(claim: ClaimRef) -> ObjectReference:
    """The claim that a volume refers to."""
    return _subject(resources.CLAIMS, claim.name, claim.namespace, claim.uid)


def namespace_subject(namespace: NamespaceRecord) -> ObjectReference:
    """The namespace of a record."""
    return _subject(resources.NAMESPACES, namespace.name, None, namespace.uid)


def _subject(resource: Resource, name: str, namespace: str | None, uid: str) -> ObjectReference:
    return ObjectReference(resource.api_version, resource.kind, name, namespace, uid)
