"""Each namespace has a gid of its own: on what is made for its claims, and in its Pods."""

from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from policy import keys
from policy.shapes import Json, annotations, text
from testbed.product.chart import NAMESPACE
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .conftest import MakeNamespace
from .installation import OWN, Installation
from .ledger import gid_of
from .objects import NOWHERE, OWN_PATH, nfs, phase, pod, volume, whole_claim
from .recording import recording


def test_claims_of_two_namespaces_have_directories_of_two_groups(
    client: Client, make_team: MakeNamespace, namespace: str, export_root: Path
) -> None:
    teams = [make_team(), namespace]  # the second is not opted in
    groups = []
    for each in teams:
        with recording(client, resources.CLAIMS, each) as claims:
            client.create(resources.CLAIMS, whole_claim("a", each, storageClassName="nfs-own"))
            claims.wait_for("it to be bound", lambda now: phase(now.get("a", {})) == "Bound", WITHIN)
            made = client.get(resources.VOLUMES, text(claims.latest["a"], "spec", "volumeName") or "")
        found = (export_root / Path(made["spec"]["nfs"]["path"]).name).stat()
        assert annotations(made)[keys.VOLUME_GID] == str(found.st_gid)
        assert found.st_gid == gid_of(client, each)
        groups.append(found.st_gid)
    assert len({*groups}) == 2
    assert all(100_000 <= gid <= 199_999 for gid in groups)


def test_a_pod_is_put_into_the_group_of_its_namespace(client: Client, team: str) -> None:
    wanted = pod("a", team, nfs("x", OWN_PATH), nodeSelector=NOWHERE)

    def groups() -> Json | None:
        return client.create(resources.PODS, wanted, dry_run=True)["spec"].get("securityContext")

    known = wait_for("the webhook to know the gid", groups, WITHIN)
    assert known == {"supplementalGroups": [gid_of(client, team)]}


def test_a_namespace_that_goes_is_remembered_as_gone(client: Client, make_team: MakeNamespace) -> None:
    gone = make_team()
    wait_for("its gid", lambda: gid_of(client, gone), WITHIN)
    gid = str(gid_of(client, gone))
    client.delete(resources.NAMESPACES, gone)

    def entry() -> str:
        value: str = client.get(resources.CONFIG_MAPS, keys.GID_LEDGER, NAMESPACE)["data"][gid]
        return value

    wait_for("it to be marked", lambda: len(entry().split()) == 3, WITHIN)
    assert entry().startswith(f"{gone} ")


def test_a_static_volume_is_given_the_gid_of_the_namespace_whose_claim_it_is_for(
    installation: Installation, client: Client, make_team: MakeNamespace, tmp_path: Path
) -> None:
    name, changing = make_team(), {"annotations": {keys.DIRECTORY: keys.DIRECTORY_CHANGED}}
    client.create(resources.VOLUMES, volume(name, nfs(name, OWN_PATH), reserved_for=(name, "a"), meta=changing))

    def said() -> str | None:
        return annotations(client.get(resources.VOLUMES, name)).get(keys.VOLUME_GID)

    def bind_again(claim: Json | None) -> None:
        client.patch(resources.VOLUMES, name, {"spec": {"claimRef": claim}}, type="merge")

    with installation.serving(OWN, tmp_path):
        wait_for("its gid", lambda: said() == str(gid_of(client, name)), WITHIN)
        assert said() == str((tmp_path / name).stat().st_gid)
        bind_again(None)
        wait_for("no gid", lambda: said() is None, WITHIN)
        other = make_team()
        bind_again({"namespace": other, "name": "a"})
        wait_for("the other's gid", lambda: said() == str(gid_of(client, other)), WITHIN)


@pytest.mark.usefixtures("installation")
def test_the_directory_of_a_volume_whose_author_sees_to_it_is_left_alone(
    client: Client, team: str, export_root: Path
) -> None:
    ignoring = {"annotations": {keys.DIRECTORY: keys.DIRECTORY_IGNORED}}
    client.create(
        resources.VOLUMES,
        volume(f"{team}-ignored", nfs(f"{team}/ignored"), reserved_for=(team, "a"), meta=ignoring),
    )
    client.create(resources.VOLUMES, volume(f"{team}-marker", nfs(f"{team}/marker"), reserved_for=(team, "b")))
    wait_for("the directory of a later volume", (export_root / team / "marker").is_dir, WITHIN)
    assert not (export_root / team / "ignored").exists()
