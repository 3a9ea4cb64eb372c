"""Carrying out a plan: one patch for each volume, each by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from controller.adoption.plan import Plan
from controller.adoption.volumes import TakenOver
from kube import resources
from kube.client import Client
from kube.errors import ApiError, Conflict, Invalid, NotFound

Outcome: TypeAlias = Literal["done", "gone", "changed", "failed"]
"""`changed`: somebody else has changed the volume since the plan was made, so that it has to be looked at again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of taking over one volume; `problem` is empty where there is none."""

    volume: str
    outcome: Outcome
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing is left to do."""
        return self.outcome in ("done", "gone")


def carry_out(client: Client, plan: Plan, *, dry_run: bool) -> Iterator[Step]:
    """Take over the plan's volumes, one after the other; each as it is done, and whatever became of those before.

    With `dry_run` the API server is asked for everything and changes nothing.
    """
    for each in plan.taken_over:
        yield _take_over(client, each, dry_run=dry_run)


def _take_over(client: Client, each: TakenOver, *, dry_run: bool) -> Step:
    name = each.volume.name
    try:
        client.patch(resources.VOLUMES, name, list(each.patch), type="json", dry_run=dry_run)
    except NotFound:
        return Step(name, "gone")
    except (Conflict, Invalid) as error:
        return Step(name, "changed", str(error))
    except ApiError as error:
        return Step(name, "failed", str(error))
    return Step(name, "done")
