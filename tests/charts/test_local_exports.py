"""An export whose controller works at the file system itself: what its Pods get for that, and others do not."""

import pytest

LOCAL = {"path": "/srv/nfs", "nodeSelector": {"kubernetes.io/hostname": "storage-1"}}
EXPORTS = [
    {"name": "main", "server": "10.0.0.5", "path": "/nfs/data", "local": LOCAL},
    {"name": "other", "server": "10.0.0.6", "path": "/nfs/data"},
]
CLASSES = [{"name": "nfs", "export": "main", "quota": "project"}, {"name": "other", "export": "other"}]


@pytest.fixture
def rendered(render):
    def rendered(**values: object):
        return render(exports=EXPORTS, storageClasses=CLASSES, **values)

    return rendered


@pytest.fixture
def pod_of(rendered):
    """The Pods of an export's controller."""

    def pod_of(export: str, **values: object):
        return rendered(**values)["Deployment", f"nfs-steward-export-{export}"]["spec"]["template"]["spec"]

    return pod_of


def test_it_is_found_on_the_node_and_not_mounted_over_the_network(rendered, pod_of):
    (source,) = [volume for volume in pod_of("main")["volumes"] if volume["name"] == "export"]
    assert source["hostPath"] == {"path": "/srv/nfs", "type": "Directory"}
    mounted = [name for kind, name in rendered() if kind in ("PersistentVolume", "PersistentVolumeClaim")]
    assert len(mounted) == 2
    assert all(name.startswith("nfs-steward-export-other-") for name in mounted)


def test_its_pods_run_on_that_node_whatever_else_the_values_say(pod_of):
    chosen = {"nodeSelector": {"disk": "ssd", "kubernetes.io/hostname": "anywhere"}}
    assert pod_of("main", controller=chosen)["nodeSelector"] == {"disk": "ssd", "kubernetes.io/hostname": "storage-1"}
    assert pod_of("other", controller=chosen)["nodeSelector"] == chosen["nodeSelector"]


def test_what_its_pods_are_chosen_by_does_not_get_into_the_policy(rendered):
    policy = rendered(controller={"nodeSelector": {"disk": "ssd"}})["ConfigMap", "nfs-steward-policy"]
    assert "disk" not in policy["data"]["policy.yaml"]
    assert "storage-1" in policy["data"]["policy.yaml"]


@pytest.mark.parametrize("controller", [{}, {"runAsUser": 1000, "runAsGroup": 1000}], ids=["root", "somebody"])
def test_it_alone_is_root_with_capabilities(rendered, controller):
    for (kind, name), obj in rendered(controller=controller).items():
        if kind not in ("Deployment", "Job"):
            continue
        spec = obj["spec"]["template"]["spec"]
        for container in spec["containers"]:
            given = container["securityContext"]["capabilities"].get("add", [])
            assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert bool(given) is (name == "nfs-steward-export-main")
    at_the_file_system = rendered(controller=controller)["Deployment", "nfs-steward-export-main"]
    assert at_the_file_system["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 0


def test_it_has_no_more_capabilities_than_have_their_reason(pod_of):
    (container,) = pod_of("main")["containers"]
    assert container["securityContext"]["capabilities"]["add"] == [
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "MKNOD",
        "SYS_ADMIN",
    ]
    # https://kubernetes.io/docs/tasks/configure-pod-container/security-context/: always true beside CAP_SYS_ADMIN
    assert "allowPrivilegeEscalation" not in container["securityContext"]
    assert "privileged" not in container["securityContext"]


@pytest.mark.parametrize(
    ("image", "used"),
    [
        pytest.param({"tag": "1.2"}, "nfs-steward:1.2-quota", id="by its tag"),
        pytest.param({"repository": "r/nfs", "tag": "1.2"}, "r/nfs:1.2-quota", id="of another registry"),
        pytest.param({"tag": "1.2", "quota": {"tag": "q"}}, "nfs-steward:q", id="by a tag of its own"),
        pytest.param({"tag": "1.2", "quota": {"repository": "r/q"}}, "r/q:1.2-quota", id="of its own repository"),
        pytest.param(
            {"digest": "sha256:" + "a" * 64, "tag": "1.2"}, "nfs-steward:1.2-quota", id="the other's digest is not its"
        ),
        pytest.param(
            {"quota": {"digest": "sha256:" + "b" * 64}}, "nfs-steward@sha256:" + "b" * 64, id="by a digest of its own"
        ),
    ],
)
def test_it_runs_from_the_image_with_the_tools(pod_of, image, used):
    assert pod_of("main", image=image)["containers"][0]["image"] == used
    assert "quota" not in pod_of("other", image=image)["containers"][0]["image"]


def test_the_class_says_what_holds_its_claims(rendered):
    assert rendered()["StorageClass", "nfs"]["parameters"]["quota"] == "project"
    assert "quota" not in rendered()["StorageClass", "other"]["parameters"]
