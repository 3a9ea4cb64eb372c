"""What a namespace's labels and its profile decide, and what is told to whoever creates something in it."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, labels
from testbed.kubectl import Kubectl
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import INERT, Installation
from .objects import DEAD, MODES, claim, gates, nfs, pod, whole_claim
from .ways import Said, run_kubectl

DRIVER: Json = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": keys.NFS_CSI_DRIVER}}

Try = Callable[[Json], Said]


@pytest.fixture
def attempt(kubectl: Kubectl) -> Try:
    """`kubectl create` of one object, to see what is said; nothing stays."""
    return lambda obj: run_kubectl(kubectl, "create", "--dry-run=server", "-f", "-", objects=[obj])


@pytest.fixture(scope="module")
def team_of(make_team: MakeNamespace) -> Callable[[str], str]:
    """The namespace, one for each profile, where nothing but the profile matters."""
    return cache(make_team)


@pytest.mark.parametrize(
    ("profile", "more", "gets"),
    [
        pytest.param("inert", {}, (INERT, "1Gi"), id="the profile that the label names"),
        pytest.param(None, {"tier": "gold"}, ("inert-gold", "5Gi"), id="the first whose selector matches"),
        pytest.param("inert", {"tier": "gold"}, (INERT, "1Gi"), id="the label before the selector"),
        pytest.param(None, {}, ("nfs", "1Gi"), id="else the one called default"),
        pytest.param("inert", {keys.STORAGE_CLASS: "own"}, ("own", "1Gi"), id="the namespace's own class"),
        pytest.param("inert", {keys.DEFAULT_CLAIM: "7Gi"}, (INERT, "7Gi"), id="the namespace's own size"),
    ],
)
@pytest.mark.usefixtures("installation")
def test_a_namespaces_labels_choose(
    make_namespace: MakeNamespace, client: Client, profile: str | None, more: dict[str, str], gets: tuple[str, str]
) -> None:
    chosen = {keys.PROFILE: profile} if profile else {}
    team = make_namespace({keys.INJECT: keys.INJECT_ENABLED, **chosen, **more})
    found = client.create(resources.CLAIMS, claim("a", team, **MODES), dry_run=True)
    assert (found["spec"]["storageClassName"], found["spec"]["resources"]["requests"]["storage"]) == gets


def test_a_profile_that_names_nothing_fills_in_nothing(make_team: MakeNamespace, client: Client) -> None:
    team = make_team("silent")
    found = client.create(resources.CLAIMS, whole_claim("a", team), dry_run=True)
    assert keys.FILLED not in annotations(found)
    assert "storageClassName" not in found["spec"]


@pytest.mark.parametrize(
    ("more", "obj", "warning"),
    [
        pytest.param({keys.PROFILE: "silver"}, whole_claim("a"), "silver", id="a profile that does not exist"),
        pytest.param({keys.DEFAULT_CLAIM: "lots"}, whole_claim("a"), "lots", id="a size that is none"),
        pytest.param({keys.STORAGE_CLASS: "ghost"}, whole_claim("a"), "ghost", id="a class that does not exist"),
        pytest.param(
            {}, whole_claim("a", meta={"annotations": {keys.MOUNT_OPTIONS: "port=1"}}), "port", id="not to be asked for"
        ),
        pytest.param(
            {keys.DEFAULT_CLAIM: "lots"}, pod("a", None, nfs("x", DEAD)), "lots", id="to the author of a Pod, too"
        ),
    ],
)
def test_warnings_arrive_at_the_client(
    make_team: MakeNamespace, attempt: Try, more: dict[str, str], obj: Json, warning: str
) -> None:
    team = make_team(INERT, more)
    said = attempt({**obj, "metadata": {**obj["metadata"], "namespace": team}})
    assert said.status == 0, said.errors
    assert any(warning in each for each in said.warnings), said.errors


@pytest.mark.parametrize(
    ("profile", "path", "meta", "refusal"),
    [
        pytest.param("deny", "x", {}, f"StorageClass {INERT}", id="no inline volumes, but a class"),
        pytest.param("deny", "../data/x", {}, "forbids inline volumes", id="nor by a detour"),
        pytest.param("deny", "x", {"labels": {keys.INJECT: "disabled"}}, "forbids inline", id="nor for who wants out"),
        pytest.param("fenced", "elsewhere", {}, "/nfs/data/{team}", id="a path outside of what is allowed"),
        pytest.param("fenced", "{team}-2", {}, "/nfs/data/{team}", id="a path that only begins like it"),
        pytest.param("fenced", "", {}, "/nfs/data/{team}", id="the export itself"),
        pytest.param("fenced", "{team}/../x", {}, "/nfs/data/{team}", id="a path that climbs out"),
        pytest.param("fenced", "{team}/x", {}, None, id="a path inside of it"),
    ],
)
def test_what_a_profile_forbids_is_refused_with_what_to_do_instead(
    team_of: Callable[[str], str], attempt: Try, profile: str, path: str, meta: Json, refusal: str | None
) -> None:
    team = team_of(profile)
    said = attempt(pod("a", team, nfs(path.format(team=team)), meta=meta))
    if refusal is None:
        assert said.status == 0, said.errors
        return
    assert said.status == 1
    assert 'admission webhook "refusals.nfs-steward.io" denied the request' in said.errors
    assert refusal.format(team=team) in said.errors


@pytest.fixture
def install_driver(client: Client, team_of: Callable[[str], str]) -> Iterator[Callable[[str], None]]:
    """Installs the NFS CSI driver with a volumeLifecycleMode; returns when the webhook knows of it."""

    def rewritten() -> bool:
        return "csi" in first_volume(client, pod("tried", team_of("csi"), nfs("x", DEAD)))

    def install(mode: str) -> None:
        client.create(resources.CSI_DRIVERS, {**DRIVER, "spec": {"volumeLifecycleModes": [mode]}})
        wait_for("the webhook to know of the driver", lambda: rewritten() is (mode == "Ephemeral"), WITHIN)

    yield install
    client.delete(resources.CSI_DRIVERS, keys.NFS_CSI_DRIVER)
    wait_for("the webhook to know that it is gone", lambda: not rewritten(), WITHIN)


def first_volume(client: Client, obj: Json) -> Json:
    """What becomes of a Pod's first volume, by a dry run."""
    volume: Json = client.create(resources.PODS, obj, dry_run=True)["spec"]["volumes"][0]
    return volume


def test_an_inline_volume_becomes_one_of_the_csi_driver_which_carries_the_options(
    install_driver: Callable[[str], None], team_of: Callable[[str], str], client: Client
) -> None:
    install_driver("Ephemeral")
    made = client.create(resources.PODS, pod("a", team_of("csi"), nfs("x", DEAD)), dry_run=True)
    attributes = {"server": "10.0.2.2", "share": "/nfs/dead/x", "mountOptions": "nconnect=4,hard"}
    (volume,) = (each for each in made["spec"]["volumes"] if each["name"] == "v0")
    assert volume == {"name": "v0", "csi": {"driver": keys.NFS_CSI_DRIVER, "volumeAttributes": attributes}}
    assert gates(made) == [keys.DIRECTORY_GATE]
    assert labels(made)[keys.INLINE] == "true"


def test_an_inline_volume_stays_nfs_where_the_csi_driver_takes_none(
    install_driver: Callable[[str], None], team_of: Callable[[str], str], client: Client, attempt: Try
) -> None:
    install_driver("Persistent")
    wanted = pod("a", team_of("csi"), nfs("x", DEAD))
    assert "nfs" in first_volume(client, wanted)
    said = wait_for("the warning", lambda: warned(attempt(wanted), "does not list Ephemeral"), WITHIN)
    assert said.status == 0


def test_rewriting_admits_nothing_that_pod_security_refuses(
    install_driver: Callable[[str], None], make_team: MakeNamespace, attempt: Try
) -> None:
    install_driver("Ephemeral")
    team = make_team("csi", {keys.POD_SECURITY_ENFORCE: "restricted"})
    said = wait_for("the warning", lambda: warned(attempt(pod("a", team, nfs("x", DEAD))), "stays nfs"), WITHIN)
    assert said.status == 1
    assert 'restricted volume types (volume "v0" uses restricted volume type "nfs")' in said.errors


def warned(said: Said, text: str) -> Said | None:
    return said if any(text in each for each in said.warnings) else None


def test_the_gate_follows_the_policy_file(installation: Installation, make_team: MakeNamespace, client: Client) -> None:
    file, team = installation.product.policy_file, make_team(INERT)

    def gated() -> bool:
        made = client.create(resources.PODS, pod("tried", team, nfs("x", DEAD)), dry_run=True)
        return bool(gates(made))

    before = file.read_text()
    assert gated()
    file.write_text(before.replace("schedulingGate: true", "schedulingGate: false"))
    try:
        wait_for("the new policy", lambda: not any(gated() for _ in range(4)), WITHIN)
    finally:
        file.write_text(before)
    wait_for("the old policy", lambda: all(gated() for _ in range(4)), WITHIN)
