"""What makes nfs-steward need each of its rights."""

import json
import ssl
import subprocess
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from http.client import HTTPSConnection
from typing import Final, TypeAlias
from uuid import uuid4

from kube import resources
from kube.connection import connect
from kube.errors import ApiError, NotFound
from kube.events import EventRecorder, ObjectReference
from kube.resources import Resource
from policy import keys
from policy.shapes import Json, text
from testbed.export import PATH
from testbed.product.chart import NAMESPACE, RELEASE
from testbed.product.executable import nfs_steward
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .world import STAND_IN, TLS, UNSERVED, World

Provoke: TypeAlias = Callable[[World], None]
"""Makes a program need a right."""

SECRETS: Final = resources.SECRETS
MUTATING: Final = resources.MUTATING_CONFIGURATIONS
VALIDATING: Final = resources.VALIDATING_CONFIGURATIONS

_MOST_TRIES: Final = 20


def begun(program: str) -> Provoke:
    """A start: first of all everything is listed, then watched."""
    return lambda world: world.begin(program)


def led(program: str) -> Provoke:
    """A start where nobody leads: there is no Lease."""
    return lambda world: world.restart(program)


def claim_of_a_volume(world: World) -> None:
    """Somebody creates a claim that names a volume: what class does that have?"""
    claim = world.claim(world.namespace(opted_in=True), volumeName="whatever")
    with suppress(ApiError):  # the webhook cannot answer
        world.admin.create(resources.CLAIMS, claim, dry_run=True)


def volume_for_a_claim(world: World) -> None:
    """Somebody creates a volume for a claim: which mount options does that ask for?"""
    volume = bare_volume(world, world.claim(world.namespace(opted_in=True)))
    world.admin.create(resources.VOLUMES, volume, dry_run=True)


def unknown_namespace(world: World) -> None:
    """The API server asks about a namespace that the watch has not brought yet."""
    host, port = world.product.webhook_address()
    trust = ssl.create_default_context(cafile=str(world.product.tls_folder / "ca.crt"))
    trust.check_hostname = False
    claim = world.claim("never-heard-of")
    request = {
        "uid": "1",
        "operation": "CREATE",
        "namespace": "never-heard-of",
        "kind": {"group": "", "version": "v1", "kind": "PersistentVolumeClaim"},
        "object": claim,
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    connection = HTTPSConnection(host, port, timeout=WITHIN, context=trust)
    connection.request("POST", "/mutate", json.dumps(review), {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.close()


def claim_without_class(world: World) -> None:
    """A claim that was made before its namespace was opted in."""
    namespace = world.namespace(opted_in=False)
    world.admin.create(resources.CLAIMS, world.claim(namespace))
    world.opt_in(namespace)


def volume_without_options(world: World) -> None:
    """A volume that was made before the namespace of its claim was opted in."""
    namespace = world.namespace(opted_in=False)
    claim = world.admin.create(resources.CLAIMS, world.claim(namespace, storageClassName=""))
    world.admin.create(resources.VOLUMES, bare_volume(world, claim))
    world.opt_in(namespace)


def stray_gate(world: World) -> None:
    """A Pod that carries our gate where nobody asked for it."""
    pod = world.pod(world.namespace(opted_in=False), schedulingGates=[{"name": keys.DIRECTORY_GATE}])
    world.admin.create(resources.PODS, pod)


def claim_to_provision(world: World) -> None:
    """A claim of a class of ours."""
    world.admin.create(resources.CLAIMS, world.claim(world.namespace(opted_in=True)))


def claim_that_grows(world: World) -> None:
    """A claim of a class of ours that has its volume, and then asks for more."""
    claim = world.admin.create(resources.CLAIMS, world.claim(world.namespace(opted_in=True)))
    wait_until_bound(world, claim)
    name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
    more = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    world.admin.patch(resources.CLAIMS, name, more, namespace, type="merge")


def claim_of_data_elsewhere(world: World) -> None:
    """A claim that is to be filled with the data of another namespace's."""
    source = {"kind": "PersistentVolumeClaim", "name": "source", "namespace": world.namespace(opted_in=True)}
    claim = world.claim(world.namespace(opted_in=True), storageClassName="nfs", dataSourceRef=source)
    world.admin.create(resources.CLAIMS, claim)


def wait_until_bound(world: World, claim: Json) -> None:
    """Return when a claim has its volume."""
    name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]

    def is_bound() -> bool:
        return text(world.admin.get(resources.CLAIMS, name, namespace), "status", "phase") == "Bound"

    wait_for("the claim to be bound", is_bound, WITHIN)


def limited(world: World) -> str:
    """A new namespace with labels that limit it; returns its name once it is limited."""
    team = world.namespace(opted_in=True, **{keys.QUOTA: "1Gi", keys.MAX_CLAIM: "1Gi"})
    wait_for("its quota to be there", lambda: _exists(world, resources.RESOURCE_QUOTAS, team), WITHIN)
    wait_for("its LimitRange to be there", lambda: _exists(world, resources.LIMIT_RANGES, team), WITHIN)
    return team


def limit(key: str) -> Provoke:
    """Somebody labels an opted-in namespace with a limit."""
    return lambda world: world.label(world.namespace(opted_in=True), **{key: "1Gi"})


def limit_again(key: str) -> Provoke:
    """Somebody changes the label of a limit."""
    return lambda world: world.label(limited(world), **{key: "2Gi"})


def limit_no_more(key: str) -> Provoke:
    """Somebody takes off the label of a limit."""
    return lambda world: world.label(limited(world), **{key: None})


def _exists(world: World, kind: Resource, namespace: str) -> bool:
    try:
        world.admin.get(kind, keys.LIMITS, namespace)
    except NotFound:
        return False
    return True


def namespace_without_gid(world: World) -> None:
    """A namespace that is opted in."""
    world.namespace(opted_in=True)


def claim_without_gid(world: World) -> None:
    """A claim of a class of ours in a namespace that is not opted in, and so has no gid before it needs one."""
    claim = world.claim(world.namespace(opted_in=False), storageClassName="nfs")
    world.admin.create(resources.CLAIMS, claim)


def with_ledger(provoke: Provoke) -> Provoke:
    """What makes a program need a gid, once there is a ledger: whoever makes that gives gids to all that wait for one,
    and leaves nothing to change.
    """

    def provoke_with(world: World) -> None:
        provoke(world)
        wait_for("the ledger", lambda: _has_ledger(world), WITHIN)
        provoke(world)

    return provoke_with


def without_ledger(provoke: Provoke) -> Provoke:
    """What makes a program need a gid, and nobody has one yet. Whoever else gives gids may be faster, and have made the
    ledger by then: in that case once more.
    """

    def provoke_without(world: World) -> None:
        mark = world.log.mark()
        for _ in range(_MOST_TRIES):
            with suppress(NotFound):
                world.admin.delete(resources.CONFIG_MAPS, keys.GID_LEDGER, NAMESPACE)
            provoke(world)
            wait_for("the ledger, or a refusal", lambda: _has_ledger(world) or world.log.refused(mark), WITHIN)
            if world.log.refused(mark):
                return

    return provoke_without


def _has_ledger(world: World) -> bool:
    try:
        return bool(world.admin.get(resources.CONFIG_MAPS, keys.GID_LEDGER, NAMESPACE))
    except NotFound:
        return False


def volume_at_its_end(world: World) -> None:
    """A volume of ours whose claim is gone."""
    claim = {"namespace": world.namespace(opted_in=True), "name": "gone", "uid": str(uuid4())}
    world.admin.create(resources.VOLUMES, released_volume(world, claim))


def released_volume(world: World, claim: Json, path: str = PATH) -> Json:
    """A volume as the provisioner makes it on an export, for a claim that there is not: it is released at once."""
    volume = bare_volume(world, {"metadata": claim})
    volume["metadata"]["annotations"] = {keys.PROVISIONED_BY: keys.PROVISIONER, keys.ON_DELETE: "delete"}
    volume["spec"] |= {
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim},
        "nfs": inline_volume(world, path)["nfs"],
        "persistentVolumeReclaimPolicy": "Delete",
    }
    return volume


def waiting_pod(world: World) -> None:
    """A Pod with an inline volume, gated by the webhook."""
    world.admin.create(resources.PODS, world.pod(world.namespace(opted_in=True), volumes=[inline_volume(world)]))


def unseen_pod(world: World) -> None:
    """A Pod with an inline volume on its node that the webhook never saw, and a controller that begins to lead."""
    namespace = world.namespace(opted_in=False)
    pod = world.pod(namespace, volumes=[inline_volume(world)], nodeName=STAND_IN)
    world.admin.create(resources.PODS, pod)
    world.restart("export")


def told_twice(account: str) -> Provoke:
    """The same thing happens again, a while after it was told: as the account's own recorder tells it."""

    def provoke(world: World) -> None:
        recorder = EventRecorder(connect(world.product.kubeconfig(account)), "nfs-steward-controller")
        namespace = world.namespace(opted_in=False)
        about = ObjectReference("v1", "Namespace", namespace)
        recorder.record(about, "Normal", "Tested", "The same as before.")
        wait_for("the Event", lambda: list(world.admin.list(resources.EVENTS, namespace).items), WITHIN)
        recorder.record(about, "Normal", "Tested", "The same as before.")
        recorder.stop()

    return provoke


def nothing_at_all(_world: World) -> None:
    """Time passes."""


def touched(resource: Resource, name: str, namespace: str | None = None) -> Provoke:
    """Somebody changes something about it that does not matter: the controller looks at everything."""

    def provoke(world: World) -> None:
        mark = {"metadata": {"annotations": {"test/touched": world.name()}}}
        world.admin.patch(resource, name, mark, namespace, type="merge")

    return provoke


def secret_gone(world: World) -> None:
    """Somebody deletes the Secret."""
    world.admin.delete(resources.SECRETS, TLS, NAMESPACE)


def secret_damaged(world: World) -> None:
    """Somebody takes the authority's key out of the Secret."""
    world.admin.patch(resources.SECRETS, TLS, {"data": {"ca.key": None}}, NAMESPACE, type="merge")


def unpublished(resource: Resource) -> Provoke:
    """Somebody takes the authority out of a webhook configuration, as replacing it would."""

    def provoke(world: World) -> None:
        patch = [{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]
        world.admin.patch(resource, RELEASE, patch, type="json")

    return provoke


def uninstalled(world: World) -> None:
    """Somebody tries how it would be to uninstall, with a controller, a Pod that waits, a volume that is held and a
    namespace that is limited.
    """
    namespace = limited(world)
    world.product.bed.kubectl.apply(controller_of_the_chart(world, "cluster"))
    world.admin.create(resources.PODS, world.pod(namespace, volumes=[inline_volume(world, UNSERVED)]))
    volume = bare_volume(world, world.claim(namespace))
    volume["metadata"]["finalizers"] = [f"{keys.GROUP}/test"]
    world.admin.create(resources.VOLUMES, volume)
    run(world, "uninstall", "uninstall", "--dry-run", f"--name={RELEASE}", f"--namespace={NAMESPACE}", "--timeout=0")


def controller_of_the_chart(world: World, component: str, replicas: int = 0) -> Json:
    """A Deployment of the chart's; its Pods wait for a node that there is not."""
    deployment = deepcopy(world.product.chart.one("Deployment", component))
    deployment["spec"]["replicas"] = replicas
    deployment["spec"]["template"]["spec"]["nodeSelector"] = {"test": "nowhere"}
    return deployment


def tested(world: World) -> None:
    """`helm test`."""
    run(world, "test", "verify", f"--namespace={RELEASE}-test", "--timeout=0")


def run(world: World, account: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of nfs-steward as an account, whatever comes of it."""
    command = [*nfs_steward(), *arguments, f"--kubeconfig={world.product.kubeconfig(account)}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)


def bare_volume(world: World, claim: Json) -> Json:
    """A static volume for a claim, without mount options."""
    export = world.product.bed.export
    name = world.name()
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "nfs": {"server": export.server, "path": f"{export.path}/{name}"},
        "claimRef": {key: claim["metadata"][key] for key in ("namespace", "name")},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}


def inline_volume(world: World, path: str = PATH) -> Json:
    """A Pod's volume on an export."""
    return {"name": "data", "nfs": {"server": world.product.bed.export.server, "path": f"{path}/{world.name()}"}}
