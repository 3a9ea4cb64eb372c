"""What a container may do: as its `securityContext` says, and on an export what its server would let it do."""

import pytest

from testbed.pods.errors import ContainerInvalid
from testbed.pods.images import Image
from testbed.pods.sandbox import Root
from testbed.pods.security import SERVERS_ROOT, USUAL_CAPABILITIES, privileges_of

IMAGE = Image(Root("/"), uid=65532, gid=65532)
NONE = {"capabilities": {"drop": ["ALL"]}}
CLAIM = {"name": "v", "persistentVolumeClaim": {"claimName": "a"}}
SCRATCH = {"name": "v", "emptyDir": {}}
MOUNT = {"name": "v", "mountPath": "/v"}


def privileges(container, volume=SCRATCH, **for_pod):
    pod = {"spec": {"securityContext": for_pod, "volumes": [volume]}}
    return privileges_of(pod, {"volumeMounts": [MOUNT], **container}, IMAGE)


def test_by_itself_a_container_is_the_image_s_user_and_may_what_runtimes_give():
    found = privileges({})
    assert (found.uid, found.gid, found.capabilities) == (65532, 65532, USUAL_CAPABILITIES)


def test_another_user_is_in_root_s_group_unless_a_group_is_named():
    assert privileges({}, runAsUser=5).gid == 0
    assert privileges({}, runAsUser=5, runAsGroup=6).gid == 6


def test_a_container_that_must_not_be_root_is_refused_where_it_is():
    with pytest.raises(ContainerInvalid, match="runAsNonRoot"):
        privileges({}, runAsUser=0, runAsNonRoot=True)


@pytest.mark.parametrize(
    ("volume", "uid", "expected"),
    [
        pytest.param(CLAIM, 0, SERVERS_ROOT, id="root on an export"),
        pytest.param({"name": "v", "nfs": {}}, 0, SERVERS_ROOT, id="root on an inline export"),
        pytest.param(CLAIM, 5, frozenset(), id="somebody on an export"),
        pytest.param(SCRATCH, 0, frozenset(), id="root without an export"),
        pytest.param({**CLAIM, "name": "other"}, 0, frozenset(), id="an export that the container does not mount"),
    ],
)
def test_without_capabilities_only_the_server_s_root_may_do_more(volume, uid, expected):
    assert privileges({"securityContext": NONE}, volume, runAsUser=uid).capabilities == expected
