"""What there is of another provisioner in a cluster, read from the API once."""

from dataclasses import dataclass

from controller.adoption.running import Runner, runners
from kube import resources
from kube.client import Client
from policy.shapes import Json


@dataclass(frozen=True, slots=True)
class Observed:
    """All volumes, classes and claims of a cluster, and what keeps `provisioner` running."""

    provisioner: str
    volumes: tuple[Json, ...]
    classes: tuple[Json, ...]
    claims: tuple[Json, ...]
    runners: tuple[Runner, ...]


def observe(client: Client, provisioner: str) -> Observed:
    """Look at the cluster; raises `ApiError`, and `WrongShape` for Pods and Deployments that are none.

    Volumes come last, so that those of claims which were served meanwhile are among them.
    """
    running = runners(provisioner, client.list(resources.DEPLOYMENTS).items, client.list(resources.PODS).items)
    return Observed(
        provisioner,
        classes=tuple(client.list(resources.STORAGE_CLASSES).items),
        claims=tuple(client.list(resources.CLAIMS).items),
        volumes=tuple(client.list(resources.VOLUMES).items),
        runners=running,
    )
