import pytest

from kube.errors import NotFound
from kube.resources import CLAIMS, LEASES, NAMESPACES, PODS, STORAGE_CLASSES, Resource


@pytest.mark.parametrize(
    ("resource", "name", "namespace", "path"),
    [
        pytest.param(PODS, None, None, "/api/v1/pods", id="all Pods"),
        pytest.param(PODS, None, "web", "/api/v1/namespaces/web/pods", id="the Pods of a namespace"),
        pytest.param(PODS, "a", "web", "/api/v1/namespaces/web/pods/a", id="one Pod"),
        pytest.param(NAMESPACES, "web", None, "/api/v1/namespaces/web", id="a namespace"),
        pytest.param(STORAGE_CLASSES, "nfs", None, "/apis/storage.k8s.io/v1/storageclasses/nfs", id="a class"),
        pytest.param(NAMESPACES, "system:a b", None, "/api/v1/namespaces/system%3Aa%20b", id="characters to escape"),
        pytest.param(LEASES, "x", "ns", "/apis/coordination.k8s.io/v1/namespaces/ns/leases/x", id="a lease"),
    ],
)
def test_the_path_of_an_object_or_a_collection(
    resource: Resource, name: str | None, namespace: str | None, path: str
) -> None:
    assert resource.path(name, namespace) == path


@pytest.mark.parametrize("bad", ["", ".", "..", "../secrets/x", "a/b", "a%2Fb"])
def test_a_name_that_no_object_can_have_is_not_found_without_asking(bad: str) -> None:
    with pytest.raises(NotFound):
        CLAIMS.path(bad, "web")
    with pytest.raises(NotFound):
        CLAIMS.path("a", bad)
    with pytest.raises(NotFound):
        NAMESPACES.path(bad)


def test_one_namespaced_object_without_its_namespace_is_not_found_without_asking() -> None:
    with pytest.raises(NotFound):
        CLAIMS.path("a")
