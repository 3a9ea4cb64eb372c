"""A change of policy that concerns each of a thousand namespaces: how soon it has reached the last of them, and what
everybody else feels of it meanwhile.

The controller of the cluster runs on a whole control plane, so that the API server also has to do with what counts
quotas. The webhook does not run: it would read the same policy, and write nothing.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import yaml

from bench.admission import namespace_names
from bench.arena import Ground, in_parallel
from bench.plan import Plan
from bench.rows import Bar, Row
from bench.volumes.arrivals import Waits
from bench.volumes.cluster import (
    CLASS,
    administrator,
    at_rest,
    installed,
    opt_in,
    running_cluster,
    start_cluster_controller,
)
from kube.client import Client
from kube.informer import Informer
from kube.resources import CONFIG_MAPS, NAMESPACES, RESOURCE_QUOTAS
from policy import keys
from policy.errors import StewardError
from policy.gids import read_ledger
from policy.ownership import AUTO
from policy.quotas import storage_of
from policy.shapes import Json, mapping
from testbed.product.chart import NAMESPACE
from testbed.product.product import Product
from testbed.waiting import wait_for

BAR: Final = Bar(10, "ours")

_FIRST: Final = "10Gi"
_SECOND: Final = "11Gi"
_WITHIN: Final = 900.0
_PROBE_EVERY: Final = 0.02
_BEFORE_SECONDS: Final = 10.0

TakeWaits = Callable[[], Waits]


def measure(ground: Ground, plan: Plan) -> Iterator[Row]:
    """Rows for another quota in all namespaces, and for a gid for each, with what a probe had to wait meanwhile."""
    names = namespace_names(plan.namespaces)
    with running_cluster(ground) as bed:
        client, product = administrator(bed), installed(bed)
        change(product, _FIRST, gid=0)
        start_cluster_controller(product)
        in_parallel(lambda name: opt_in(client, name), names)
        with watching(client) as seen:
            wait_for("quotas that are in force", lambda: seen.held(_FIRST) == len(names), _WITHIN)
            at_rest(bed)
            with probing(administrator(bed)) as take_waits:
                time.sleep(_BEFORE_SECONDS)
                before = take_waits()
                change(product, _SECOND, gid=0)
                written = seconds_until("quotas that are written", lambda: seen.said(_SECOND) == len(names))
                meanwhile = take_waits()
                held = written + seconds_until("quotas that are in force", lambda: seen.held(_SECOND) == len(names))
                what = f"another quota for {len(names):,} namespaces by the policy"
                notes = f"the last one in force, counted by kube-controller-manager, after {held:.0f} s"
                yield Row(f"{what}: until the last is written", written, None, "s", BAR, notes)
                yield probed(what, meanwhile, before)
                take_waits()
                change(product, _SECOND, gid=AUTO)
                given = seconds_until("gids", lambda: seen.gids == len(names))
                what = f"a gid for each of {len(names):,} namespaces by the policy"
                yield Row(f"{what}: until the last has it", given, None, "s", BAR)
                yield probed(what, take_waits(), before)


def probed(what: str, meanwhile: Waits, before: Waits) -> Row:
    """What others had to wait for the API server."""
    notes = f"p50 {1000 * meanwhile.percentile(50):.1f}, before {1000 * before.percentile(50):.1f}"
    ours, peer = (1000 * waits.percentile(99) for waits in (meanwhile, before))
    return Row(f"{what}: reading an object meanwhile, p99; peer: before", ours, peer, "ms", None, notes)


@dataclass(frozen=True, slots=True)
class Quota:
    """How much storage a quota says, and how much it holds everybody to."""

    said: str | None
    held: str | None


def quota_of(raw: Json) -> Quota:
    """What is kept of a ResourceQuota."""
    name = storage_of(CLASS)
    return Quota(mapping(raw, "spec", "hard").get(name), mapping(raw, "status", "hard").get(name))


@dataclass(frozen=True, slots=True)
class Seen:
    """What watches show of all namespaces."""

    quotas: Informer[Quota]
    ledger: Informer[int]

    def said(self, storage: str) -> int:
        """How many quotas say so much."""
        return sum(quota.said == storage for quota in self.quotas.items())

    def held(self, storage: str) -> int:
        """How many hold everybody to so much."""
        return sum(quota.held == storage for quota in self.quotas.items())

    @property
    def gids(self) -> int:
        """How many namespaces have a gid."""
        return sum(self.ledger.items())


@contextmanager
def watching(client: Client) -> Iterator[Seen]:
    """Watch for as long as the block lasts."""
    seen = Seen(
        Informer(client, RESOURCE_QUOTAS, quota_of, field_selector=keys.LIMITS_BY_NAME),
        Informer(
            client,
            CONFIG_MAPS,
            lambda raw: len(read_ledger(raw).living),
            namespace=NAMESPACE,
            field_selector=f"metadata.name={keys.GID_LEDGER}",
        ),
    )
    for informer in (seen.quotas, seen.ledger):
        informer.start()
    try:
        yield seen
    finally:
        for informer in (seen.quotas, seen.ledger):
            informer.stop()


@contextmanager
def probing(client: Client) -> Iterator[TakeWaits]:
    """Read one object again and again for as long as the block lasts; what is yielded returns how long each answer
    took since it was called last.
    """
    waits: list[float] = []
    failed: list[StewardError] = []
    stop = threading.Event()

    def probe() -> None:
        while not stop.wait(_PROBE_EVERY):
            started = time.monotonic()
            try:
                client.get(NAMESPACES, "default")
            except StewardError as error:
                failed.append(error)
                return
            waits.append(time.monotonic() - started)

    def take() -> Waits:
        if failed:
            raise failed[0]
        taken = waits.copy()
        del waits[: len(taken)]
        return Waits(tuple(sorted(taken)))

    thread = threading.Thread(target=probe, name="probe", daemon=True)
    thread.start()
    try:
        yield take
    finally:
        stop.set()
        thread.join()


def seconds_until(what: str, holds: Callable[[], bool]) -> float:
    """Seconds until something holds."""
    started = time.monotonic()
    wait_for(what, holds, _WITHIN)
    return time.monotonic() - started


def change(product: Product, storage: str, gid: int | str) -> None:
    """Change the policy of what runs; programs see that within two seconds."""
    product.policy_file.write_text(changed(product.policy_file.read_text(), storage, gid))


def changed(policy: str, storage: str, gid: int | str) -> str:
    """The same policy with so much storage for each namespace, and with this group for all directories."""
    document = yaml.safe_load(policy)
    for profile in document["profiles"]:
        profile["quota"] = {"storage": storage}
    for export in document["exports"]:
        export["directories"] = {"gid": gid}
    return yaml.safe_dump(document)
