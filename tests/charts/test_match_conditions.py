"""What leaves a real API server for the webhook, and what does not.

The rendered configuration is installed under other names, refusing whatever it is asked about and cannot call, since
nobody is there: so a refusal that names an entry is a request that would have left. It is narrowed to objects of one
name by one more condition.
"""

import json
from copy import deepcopy

import pytest

from testbed.errors import CommandFailed
from testbed.waiting import wait_for

PREFIX = "asked-about-"
MUTATED, REFUSED = "mutated", "refused"
"""Names of Pods that are looked at where profiles act on claims over their size, on the mutating and refusing side."""
ACTING_ON_CLAIMS = [{"name": "default", "overQuota": "readOnly"}, {"name": "strict", "overQuota": "block"}]
NFS = {"nfs": {"server": "10.0.0.5", "path": "/nfs/data/x"}}
NFS_BY_DRIVER = {"csi": {"driver": "nfs.csi.k8s.io"}}
OTHER_DRIVER = {"csi": {"driver": "example.org"}}
CLAIM_SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
CLAIM_TEMPLATE = {"ephemeral": {"volumeClaimTemplate": {"spec": CLAIM_SPEC}}}
OF_CLAIM = {"persistentVolumeClaim": {"claimName": "a"}}
LEGACY_OPTIONS = {"volume.beta.kubernetes.io/mount-options": "hard"}


def pod(*volumes, namespace="opted-in"):
    named = [{"name": f"v{index}", **volume} for index, volume in enumerate(volumes)]
    spec = {"containers": [{"name": "c", "image": "i"}], "volumes": named}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": PREFIX + namespace}, "spec": spec}


def claim(namespace="opted-in"):
    metadata = {"namespace": PREFIX + namespace}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": CLAIM_SPEC}


def volume(source, *, reserved_in: str | None = "anywhere", annotations=None, **spec):
    if reserved_in:
        spec["claimRef"] = {"namespace": reserved_in, "name": "a"}
    spec |= {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], **deepcopy(source)}
    if "csi" in spec:
        spec["csi"]["volumeHandle"] = "x"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"annotations": annotations or {}},
        "spec": spec,
    }


@pytest.fixture(scope="module")
def asked(testbed, render):
    """Tells whether the API server would ask about an object, by trying to create it for the sake of trying."""
    kubectl = testbed.kubectl
    for name, labels in {"opted-in": {"nfs-steward.io/inject": "enabled"}, "other": {}}.items():
        metadata = {"name": PREFIX + name, "labels": labels}
        kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        kubectl("wait", "--for=create", "serviceaccount/default", f"--namespace={PREFIX}{name}", "--timeout=30s")
    kubectl.apply(*configurations(render))

    def asked(obj, own="a") -> bool:
        named = {**obj, "metadata": {**obj["metadata"], "name": PREFIX + own}}
        try:
            kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(named))
        except CommandFailed as refused:
            if "failed calling webhook" not in str(refused):
                raise
            return True
        return False

    for obj, own in ((claim(), "a"), (pod(NFS), "a"), (volume(NFS), "a"), (pod(NFS), MUTATED), (pod(NFS), REFUSED)):
        wait_for(f"the {obj['kind']} entry to be in force", lambda obj=obj, own=own: asked(obj, own), 30)
    yield asked
    for configuration in configurations(render):
        kubectl("delete", configuration["kind"].lower(), configuration["metadata"]["name"])


def configurations(render):
    """As it comes, for objects named `a`; and both sides where profiles act on claims, for objects of other names."""
    mutating, validating = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"
    plain, acting = render(), render(profiles=ACTING_ON_CLAIMS)
    return (
        narrowed(plain[mutating, "nfs-steward"], "a"),
        narrowed(acting[mutating, "nfs-steward"], MUTATED),
        narrowed(acting[validating, "nfs-steward"], REFUSED),
    )


def narrowed(configuration, own):
    """A configuration under another name, which refuses what it cannot ask about and looks at objects of one name."""
    condition = {"name": "own", "expression": f"object.metadata.name == '{PREFIX}{own}'"}
    webhooks = [
        {**each, "failurePolicy": "Fail", "matchConditions": [*each.get("matchConditions", ()), condition]}
        for each in configuration["webhooks"]
    ]
    return {**configuration, "metadata": {"name": f"{PREFIX}{own}"}, "webhooks": webhooks}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        pytest.param(claim(), True, id="a claim"),
        pytest.param(claim("other"), False, id="a claim in a namespace that is not opted in"),
        pytest.param(pod(), False, id="a Pod without volumes"),
        pytest.param(pod({"emptyDir": {}}, OF_CLAIM), False, id="none of NFS"),
        pytest.param(pod({"emptyDir": {}}, NFS), True, id="a Pod with NFS among others"),
        pytest.param(pod(NFS, namespace="other"), False, id="a Pod in a namespace that is not opted in"),
        pytest.param(pod(NFS_BY_DRIVER), True, id="a Pod with NFS by its CSI driver"),
        pytest.param(pod(OTHER_DRIVER), False, id="a Pod with another CSI driver"),
        pytest.param(pod(CLAIM_TEMPLATE), True, id="a Pod with a claim template"),
        pytest.param(volume(NFS), True, id="a volume"),
        pytest.param(volume(NFS, mountOptions=[]), True, id="a volume with an empty list of options"),
        pytest.param(volume(NFS, mountOptions=["hard"]), False, id="a volume with options"),
        pytest.param(volume(NFS, annotations=LEGACY_OPTIONS), False, id="a volume with options by annotation"),
        pytest.param(volume(NFS, annotations={"a": "b"}), True, id="a volume with another annotation"),
        pytest.param(volume(NFS, reserved_in=None), False, id="a volume that is not reserved"),
        pytest.param(volume(NFS, reserved_in="kube-system"), False, id="a volume of a namespace never asked about"),
        pytest.param(volume(NFS_BY_DRIVER), True, id="a volume of the CSI driver"),
        pytest.param(volume(OTHER_DRIVER), False, id="a volume of another CSI driver"),
        pytest.param(volume({"hostPath": {"path": "/x"}}), False, id="a volume that is not NFS"),
    ],
)
def test_only_what_may_matter_leaves_the_api_server(asked, obj, expected):
    assert asked(obj) is expected


@pytest.mark.parametrize("own", [MUTATED, REFUSED], ids=["to be made read-only", "to be refused"])
@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        pytest.param(pod({"emptyDir": {}}, OF_CLAIM), True, id="a Pod with a claim"),
        pytest.param(pod(NFS_BY_DRIVER), True, id="a Pod with NFS"),
        pytest.param(pod({"emptyDir": {}}, OTHER_DRIVER), False, id="a Pod with neither"),
        pytest.param(pod(), False, id="a Pod without volumes"),
        pytest.param(pod(OF_CLAIM, namespace="other"), False, id="in a namespace that is not opted in"),
    ],
)
def test_pods_with_claims_leave_it_too_once_a_profile_acts_on_claims_over_their_size(asked, own, obj, expected):
    assert asked(obj, own) is expected


def test_the_api_server_takes_everything_that_is_rendered(testbed, render):
    profiles = [{"name": "default", "inlineVolumes": "deny"}, {"name": "rewriting", "inlineVolumes": "csi"}]
    rendered = render(profiles=profiles, namespace="default").values()
    # Helm's test stands on a namespace and an account of its own, which no dry run makes: tests/rights makes them.
    items = [obj for obj in rendered if obj["metadata"].get("annotations", {}).get("helm.sh/hook") != "test"]
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    testbed.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(listed))
