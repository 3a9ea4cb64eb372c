import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from cli.explaining.errors import Place
from cli.explaining.manifests import Manifest
from cli.explaining.submissions import submissions_of
from cli.explaining.surroundings import Assumptions, surroundings_in
from cli.explaining.verdicts import verdicts_on
from policy import keys
from policy.load import load_policy

POLICY = load_policy(
    """
    exports: [{server: 10.0.0.5, path: /nfs/data, mountOptions: [nfsvers=4.1]}]
    profiles:
    - name: default
      storageClassName: nfs
      accessModes: [ReadWriteMany]
      mountOptions: [hard]
      claim: {default: 1Gi}
      inlineVolumes: csi
    """,
    "policy",
)
PLACE = Place("generated", 1)

classes = st.sampled_from([None, "", "nfs", "standard", "other"])
absent_or = st.just({})
claim_specs = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    absent_or | classes.map(lambda name: {"storageClassName": name}),
    absent_or | st.just({"accessModes": ["ReadWriteOnce"]}),
    absent_or | st.just({"resources": {"requests": {"storage": "5Gi"}}}) | st.just({"resources": {}}),
    absent_or | st.just({"selector": {"matchLabels": {"a": "b"}}}) | st.just({"volumeName": "pv"}),
)
metadata = st.builds(
    lambda labels, annotations: {"name": "a", **labels, **annotations},
    st.sampled_from([{}, {"labels": None}, {"labels": {}}, {"labels": {keys.INJECT: keys.INJECT_DISABLED}}]),
    st.sampled_from([{}, {"annotations": None}, {"annotations": {keys.LEGACY_CLASS_ANNOTATION: "old"}}]),
)
claims = st.builds(lambda meta, spec: _object("PersistentVolumeClaim", meta, spec), metadata, claim_specs)
volumes = st.one_of(
    st.just({"nfs": {"server": "10.0.0.5", "path": "/nfs/data/x"}}),
    st.just({"nfs": {"server": "elsewhere", "path": "/x"}}),
    st.just({"emptyDir": {}}),
    claim_specs.map(lambda spec: {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}),
)
pod_specs = st.lists(volumes, max_size=3).map(
    lambda chosen: {"volumes": [{"name": f"v{index}", **volume} for index, volume in enumerate(chosen)]}
)
pods = st.builds(lambda meta, spec: _object("Pod", meta, spec), metadata, pod_specs)


def _object(kind, meta, spec):
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec}


def first_verdict(obj, cluster_default):
    manifest = Manifest(obj, PLACE)
    assumed = Assumptions("team", {keys.INJECT: keys.INJECT_ENABLED}, cluster_default)
    known = surroundings_in([manifest], POLICY, assumed)
    return next(iter(verdicts_on(submissions_of(manifest, "team"), known)))


@given(claims | pods, st.sampled_from([None, "standard"]))
def test_a_patch_applies_to_what_was_given_and_leaves_nothing_to_fill_in(obj, cluster_default):
    filled = jsonpatch.apply_patch(obj, first_verdict(obj, cluster_default).patch)
    assert list(first_verdict(filled, cluster_default).patch) == []


@given(claims | pods, st.sampled_from([None, "standard"]))
def test_asking_changes_nothing_of_what_was_given(obj, cluster_default):
    before = repr(obj)
    first_verdict(obj, cluster_default)
    assert repr(obj) == before


@given(claims)
def test_a_class_that_its_author_wrote_is_never_replaced(obj):
    written = obj["spec"].get("storageClassName")
    filled = jsonpatch.apply_patch(obj, first_verdict(obj, "standard").patch)
    assert written is None or filled["spec"]["storageClassName"] == written
