"""The six cases of the story: what a beginner writes, what that comes to without us, and with us."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from policy.shapes import Json
from testbed.story.endings import IN_MOUNT_ERROR, Expected, State
from testbed.story.manifests import OTHER_CLASS, OWN_CLASS, Place, claim, pod_with_claim, pod_with_inline_volume, volume

CLASS: Final = "spec.storageClassName"
SIZE: Final = "spec.resources.requests.storage"
GATES: Final = "spec.schedulingGates"
MOUNT_OPTIONS: Final = "spec.mountOptions"
DIRECTORY: Final = "directory"
"""Not a field, and yet what the author left out: the directory that the volume mounts."""

NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its letter in the story, the name of its objects, and what is expected.

    `fills` is what we must have filled in, at least; where it is empty, nothing at all.
    """

    letter: str
    name: str
    title: str
    objects: Callable[[Place, str], tuple[Json, ...]]
    without: Expected
    with_us: Expected
    fills: frozenset[str]

    def manifests(self, place: Place) -> tuple[Json, ...]:
        """Its objects in one of the namespaces, in the order in which a person would create them."""
        return self.objects(place, self.name)


def _static_volume(place: Place, name: str) -> tuple[Json, ...]:
    bound_by_name = claim(place, name, storageClassName="", volumeName=place.volume_name(name))
    return volume(place, name, storageClassName=""), bound_by_name, pod_with_claim(place, name)


def _no_class_on_either(place: Place, name: str) -> tuple[Json, ...]:
    return volume(place, name), claim(place, name, volumeName=place.volume_name(name)), pod_with_claim(place, name)


def _no_class(place: Place, name: str) -> tuple[Json, ...]:
    return claim(place, name), pod_with_claim(place, name)


def _no_size(place: Place, name: str) -> tuple[Json, ...]:
    return claim(place, name, size=None, storageClassName=OWN_CLASS), pod_with_claim(place, name)


def _inline_volume(place: Place, name: str) -> tuple[Json, ...]:
    return (pod_with_inline_volume(place, name),)


def _other_class(place: Place, name: str) -> tuple[Json, ...]:
    return claim(place, name, storageClassName=OTHER_CLASS), pod_with_claim(place, name)


_RUNNING: Final = Expected(State.RUNNING)
_NOTHING_TO_MOUNT: Final = Expected(State.CONTAINER_CREATING, IN_MOUNT_ERROR)
_ON_THE_OTHER_CLASS: Final = Expected(State.PENDING, f"class {OTHER_CLASS}")

STATIC: Final = Case(
    "a",
    "static-volume",
    'static volume and claim, class "", no directory',
    _static_volume,
    without=_NOTHING_TO_MOUNT,
    with_us=_RUNNING,
    fills=frozenset({DIRECTORY, MOUNT_OPTIONS}),
)
NO_CLASS_ON_EITHER: Final = Case(
    "b",
    "no-class-on-either",
    "static volume and claim, no class on either",
    _no_class_on_either,
    without=Expected(State.PENDING, "storageClassName does not match"),
    with_us=_RUNNING,
    fills=frozenset({CLASS, DIRECTORY, MOUNT_OPTIONS}),
)
NO_CLASS: Final = Case(
    "c",
    "no-class",
    "claim that names no class",
    _no_class,
    without=_ON_THE_OTHER_CLASS,
    with_us=_RUNNING,
    fills=frozenset({CLASS}),
)
NO_SIZE: Final = Case(
    "d",
    "no-size",
    "claim that names no size",
    _no_size,
    without=Expected(State.REFUSED, "spec.resources[storage]: Required value"),
    with_us=_RUNNING,
    fills=frozenset({SIZE}),
)
INLINE_VOLUME: Final = Case(
    "e",
    "inline-volume",
    "Pod with an inline nfs: volume, no directory",
    _inline_volume,
    without=_NOTHING_TO_MOUNT,
    with_us=_RUNNING,
    fills=frozenset({DIRECTORY, GATES}),
)
OTHER_BY_NAME: Final = Case(
    "f",
    "other-class",
    f"claim that names the class {OTHER_CLASS} itself",
    _other_class,
    without=_ON_THE_OTHER_CLASS,
    with_us=_ON_THE_OTHER_CLASS,
    fills=NOTHING,
)

CASES: Final = (STATIC, NO_CLASS_ON_EITHER, NO_CLASS, NO_SIZE, INLINE_VOLUME, OTHER_BY_NAME)
