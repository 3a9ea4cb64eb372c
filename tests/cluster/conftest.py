"""nfs-steward running on the session's testbed."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from kube import resources
from kube.client import Client
from kube.errors import Forbidden
from policy import keys
from policy.shapes import Json, text
from testbed.bed import Testbed
from testbed.kubectl import Kubectl
from testbed.product.chart import NAMESPACE, RELEASE, name_of
from testbed.product.product import Product
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .installation import HEALER, INERT, MAIN, STANDARD, Installation, chart_values
from .mortals import Mortals
from .objects import whole_claim

MakeNamespace = Callable[..., str]
MakeClass = Callable[..., str]
SetDefault = Callable[[str | None], None]


@pytest.fixture(scope="session")
def installation(testbed: Testbed) -> Iterator[Installation]:
    """nfs-steward, running; tests may stop its programs and must start them again."""
    testbed.kubectl.apply(inert_class(INERT), inert_class("inert-gold"))
    installed = Installation(Product(testbed, chart_values(testbed.export)))
    installed.start_all()
    yield installed
    installed.product.disconnect()


@pytest.fixture(scope="session")
def make_team(installation: Installation, make_namespace: MakeNamespace) -> MakeNamespace:
    """Make an opted-in namespace, with this profile and these labels; returns its name."""

    def make(profile: str = "default", labels: dict[str, str] | None = None) -> str:
        return make_namespace({keys.INJECT: keys.INJECT_ENABLED, keys.PROFILE: profile, **(labels or {})})

    return make


@pytest.fixture(scope="session")
def set_default_class(client: Client, make_namespace: MakeNamespace, make_team: MakeNamespace) -> SetDefault:
    """Make STANDARD the cluster's default class, or leave it without one; returns when everybody knows."""
    strangers, team = make_namespace(), make_team(INERT)

    def class_of_a_claim(namespace: str) -> str | None:
        tried = client.create(resources.CLAIMS, whole_claim("tried", namespace), dry_run=True)
        return text(tried, "spec", "storageClassName")

    def set_default(name: str | None) -> None:
        wanted = inert_class(STANDARD)
        wanted["metadata"]["annotations"] = {keys.DEFAULT_CLASS_ANNOTATIONS[0]: str(name == STANDARD).lower()}
        client.patch(resources.STORAGE_CLASSES, STANDARD, wanted, type="apply", force=True)
        wait_for(f"the API server's default class to be {name}", lambda: class_of_a_claim(strangers) == name, WITHIN)
        wait_for("the webhook to know of that", lambda: class_of_a_claim(team) == INERT, WITHIN)

    return set_default


@pytest.fixture
def team(make_team: MakeNamespace) -> str:
    """An opted-in namespace with the default profile."""
    return make_team()


@pytest.fixture
def make_class(installation: Installation, client: Client, team: str) -> Iterator[MakeClass]:
    """Make a StorageClass with these parameters on the export that is served; returns its name."""
    made: list[str] = []
    numbers = count()

    def make(provisioner: str = keys.PROVISIONER, **parameters: str) -> str:
        assert installation.programs, "somebody has to serve it"
        name = f"{team}-{next(numbers)}"
        own = {"provisioner": provisioner, "parameters": {"export": "main", **parameters}}
        head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
        client.create(resources.STORAGE_CLASSES, {**head, **own})
        made.append(name)
        return name

    yield make
    for name in made:
        client.delete(resources.STORAGE_CLASSES, name)


@pytest.fixture
def inert_team(make_team: MakeNamespace) -> str:
    """An opted-in namespace with a class for which nobody makes volumes."""
    return make_team(INERT)


@pytest.fixture
def without_usage_fence(
    installation: Installation, client: Client, kubectl: Kubectl, make_namespace: MakeNamespace
) -> Iterator[None]:
    """Nothing keeps an export's controller from changing more of claims than what is said of their use."""
    name = f"{RELEASE}-claim-usage"
    (binding,) = [
        each
        for each in installation.product.chart.lasting()
        if (each["kind"], name_of(each)) == ("ValidatingAdmissionPolicyBinding", name)
    ]
    namespace, numbers = make_namespace(), count()
    client.create(resources.CLAIMS, whole_claim("probe", namespace, storageClassName=INERT))

    def is_away() -> bool:
        mark = {"metadata": {"annotations": {keys.USED: str(next(numbers))}}}
        try:
            client.patch(resources.CLAIMS, "probe", mark, namespace, type="merge")
        except Forbidden:
            return False
        return True

    kubectl("delete", "validatingadmissionpolicybinding", name)
    wait_for("the fence to be away", is_away, WITHIN)
    yield
    kubectl.apply(binding)
    wait_for("the fence to be back", lambda: not is_away(), WITHIN)


@pytest.fixture
def mortals(
    installation: Installation, kubectl: Kubectl, tmp_path: Path, without_usage_fence: None
) -> Iterator[Mortals]:
    """Controllers that die, in place of those that do not: each has both kinds of duties, and the rights to both, which
    no account of the chart has.
    """
    both = f"--serviceaccount={NAMESPACE}:{RELEASE}-export"
    kubectl("create", "clusterrolebinding", "mortals", f"--clusterrole={RELEASE}-cluster", both)
    kubectl("create", "rolebinding", "mortals", f"--role={RELEASE}-cluster", both, f"--namespace={NAMESPACE}")
    with installation.without(HEALER, MAIN):
        yield Mortals(installation, tmp_path)
    kubectl("delete", "clusterrolebinding,rolebinding", "mortals", f"--namespace={NAMESPACE}")


@pytest.fixture(scope="session")
def stand_in(testbed: Testbed) -> dict[str, str]:
    """A nodeSelector for Pods that shall be scheduled and not run: that of a node that stands in for a real one."""
    testbed.add_stand_in("stand-in")
    return {"kubernetes.io/hostname": "stand-in"}


def inert_class(name: str) -> Json:
    """A class for which nobody makes volumes."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "example.com/nobody",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
