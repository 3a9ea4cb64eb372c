"""Classes that say what is not so."""

import re

import pytest

from controller.doctor.observed import Observed
from tests.controller.doctor.objects import default_class, namespace, policy, says, seen, storage_class, told

PEER = "k8s-sigs.io/nfs-subdir-external-provisioner"
BY_HELM = "cluster.local/nfs-nfs-subdir-external-provisioner"
SERVED = policy(f"{{profiles: [{{name: default}}], exports: [{{server: a, path: /x}}], provisionerName: {PEER}}}")
TAKEN_OVER = policy("{profiles: [{name: default, storageClassName: own}], provisionerName: x/y}")
LIMITED = namespace(quota="5Gi")
OTHER = storage_class("other")
OLD, NEW = default_class("old", "2025-01-01T00:00:00Z"), default_class("new", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("two-default-classes", seen(classes=(OLD,)), [], id="one default class"),
        pytest.param(
            "two-default-classes",
            seen(classes=(NEW, OLD)),
            ["kubectl annotate storageclass old"],
            id="the newest counts",
        ),
        pytest.param("class-missing", seen(classes=(storage_class(),)), [], id="the profile's class exists"),
        pytest.param("class-missing", seen(), ["profile default: It gives claims the class nfs"], id="it does not"),
        pytest.param(
            "class-missing",
            seen(classes=(storage_class(),), namespaces=(namespace(**{"storage-class": "gone"}),)),
            ["namespace team: It gives claims the class gone"],
            id="a namespace's own class does not exist",
        ),
        pytest.param(
            "class-missing",
            seen(classes=(storage_class(),), namespaces=(namespace(),)),
            [],
            id="a namespace with its profile's class",
        ),
        pytest.param("class-export", seen(classes=(storage_class(),)), [], id="the only export need not be named"),
        pytest.param(
            "class-export",
            seen(classes=(storage_class(parameters={"export": "other"}),)),
            ["class nfs: No volume can be made for its claims: parameter export: the policy has no export 'other'"],
            id="an export that the policy lacks",
        ),
        pytest.param(
            "class-export",
            seen(classes=(storage_class(provisioner="x/y", parameters={"export": "other"}),)),
            [],
            id="somebody else's class",
        ),
        pytest.param(
            "class-parameters",
            seen(classes=(storage_class(parameters={"mode": "0770"}),)),
            [],
            id="parameters that are",
        ),
        pytest.param(
            "class-parameters",
            seen(classes=(storage_class(parameters={"modus": "0770"}),)),
            ["parameter modus is not supported"],
            id="a parameter that is not understood",
        ),
        pytest.param(
            "class-parameters",
            seen(classes=(storage_class(parameters={"export": "other", "modus": "1"}),)),
            [],
            id="a wrong export is told by another check",
        ),
        pytest.param(
            "class-not-limited",
            seen(classes=(storage_class(), OTHER), namespaces=(LIMITED,)),
            ["warning: class other: No profile names it, so the quota of namespace team does not limit its claims."],
            id="a class that no profile names",
        ),
        pytest.param(
            "class-not-limited",
            seen(classes=(OTHER,), namespaces=(LIMITED, namespace("free"), namespace("more", **{"max-claims": "3"}))),
            ["the quota of namespace team, more does not"],
            id="where there are quotas",
        ),
        pytest.param(
            "class-not-limited", seen(classes=(OTHER,), namespaces=(namespace(),)), [], id="nothing is limited"
        ),
        pytest.param(
            "class-not-limited",
            seen(classes=(OTHER,), namespaces=(namespace(**{"max-claim": "5Gi"}),)),
            [],
            id="only sizes are, of every class",
        ),
        pytest.param(
            "class-not-limited",
            seen(classes=(OTHER,), namespaces=(namespace(quota="5Gi", **{"storage-class": "other"}),)),
            [],
            id="a label names it where there is a quota",
        ),
        pytest.param(
            "class-not-limited",
            seen(classes=(OTHER,), namespaces=(LIMITED, namespace("its-own", **{"storage-class": "other"}))),
            ["the quota of namespace team does not"],
            id="a label names it elsewhere",
        ),
        pytest.param(
            "class-not-limited",
            seen(
                classes=(
                    storage_class("a", provisioner="nfs.csi.k8s.io"),
                    storage_class("b", provisioner=BY_HELM),
                    storage_class("c", provisioner="example.com/disks"),
                ),
                namespaces=(LIMITED,),
            ),
            ["class a", "class b"],
            id="classes of other provisioners of NFS volumes",
        ),
        pytest.param(
            "class-not-limited",
            seen(classes=(storage_class(provisioner="x/y"),), namespaces=(LIMITED,), policy=TAKEN_OVER),
            ["class nfs"],
            id="a class of the second name",
        ),
        pytest.param(
            "expansion-by-nobody",
            seen(classes=(storage_class(provisioner=PEER, allowVolumeExpansion=True),)),
            ["expands nothing"],
            id="a class of a provisioner that expands nothing",
        ),
        pytest.param(
            "expansion-by-nobody", seen(classes=(storage_class(provisioner=PEER),)), [], id="it does not say so"
        ),
        pytest.param(
            "expansion-by-nobody",
            seen(classes=(storage_class(provisioner=PEER, allowVolumeExpansion=True),), policy=SERVED),
            [],
            id="it is served by us",
        ),
        pytest.param(
            "expansion-by-nobody",
            seen(classes=(storage_class(provisioner=BY_HELM, allowVolumeExpansion=True),)),
            [f"provisionerName: {BY_HELM} in the policy"],
            id="under the name that its Helm chart gives it",
        ),
        pytest.param(
            "expansion-by-nobody",
            seen(classes=(storage_class(provisioner=f"{BY_HELM}-2", allowVolumeExpansion=True),)),
            [f"{BY_HELM}-2 expands nothing"],
            id="under the name of its Helm release",
        ),
        pytest.param(
            "expansion-by-nobody",
            seen(classes=(storage_class(provisioner=BY_HELM, allowVolumeExpansion=True),), policy=SERVED),
            [f"{BY_HELM} expands nothing"],
            id="another of them is served by us",
        ),
        pytest.param(
            "expansion-by-nobody",
            seen(classes=(storage_class(provisioner="nfs.csi.k8s.io", allowVolumeExpansion=True),)),
            [],
            id="a provisioner that expands",
        ),
    ],
)
def test_classes(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)


def test_a_class_is_limited_once_the_policy_names_it_as_told() -> None:
    (advice,) = told("class-not-limited", seen(classes=(OTHER,), namespaces=(LIMITED,)))
    (given,) = re.findall(r"quota\.classes: (\{.*?\})", advice)
    mended = policy(f"profiles: [{{name: default}}, {{name: sized, quota: {{classes: {given}}}}}]")
    assert told("class-not-limited", seen(classes=(OTHER,), namespaces=(LIMITED,), policy=mended)) == []
