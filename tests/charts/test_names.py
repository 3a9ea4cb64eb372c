"""What everything is called: after the release, within what Kubernetes allows, and never like something else."""

import re

import pytest

EXPORT = {"server": "10.0.0.5", "path": "/nfs/data"}
LONGEST_RELEASE = "r" * 53
LONGEST_EXPORT = "e" * 40
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
NAMED_BY_VALUES = {"StorageClass"}
EVERYTHING = {
    "profiles": [{"name": "default", "inlineVolumes": "deny"}, {"name": "rewriting", "inlineVolumes": "csi"}],
    "networkPolicy": {"enabled": True},
    "monitoring": {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}},
}


def labels_in(obj):
    """All the labels and selectors of an object."""
    if isinstance(obj, dict):
        for key, value in obj.items():
            if key in {"labels", "matchLabels", "selector"} and isinstance(value, dict):
                yield from (text for text in value.values() if isinstance(text, str))
            yield from labels_in(value)
    elif isinstance(obj, list):
        for each in obj:
            yield from labels_in(each)


@pytest.mark.parametrize("source", ["self", "cert-manager"])
def test_everything_carries_our_labels_and_is_named_after_the_release(render, source):
    rendered = render(release="files", certificates={"source": source}, **EVERYTHING)
    for (kind, name), obj in rendered.items():
        labels = obj["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "nfs-steward"
        assert labels["app.kubernetes.io/instance"] == "files"
        assert labels["app.kubernetes.io/component"]
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/version"]
        assert name.startswith("files-nfs-steward") or kind in NAMED_BY_VALUES


@pytest.mark.parametrize("release", ["nfs-steward", LONGEST_RELEASE, "a.b-" + "c" * 40, "1st"])
@pytest.mark.parametrize("export", ["main", LONGEST_EXPORT])
def test_names_and_labels_fit_whatever_releases_and_exports_are_called(render, release, export):
    exports = [{**EXPORT, "name": export}]
    rendered = render(release=release, exports=exports, certificates={"source": "cert-manager"}, **EVERYTHING)
    for (kind, name), obj in rendered.items():
        assert len(name) <= 63
        assert kind != "Service" or SERVICE.fullmatch(name)
        assert all(LABEL.fullmatch(part) for part in name.split("."))
        assert all(LABEL_VALUE.fullmatch(text) for text in labels_in(obj))


def test_long_names_that_differ_at_their_end_only_stay_apart(render):
    one, other = (
        set(render(release=LONGEST_RELEASE[:-1] + end, exports=[{**EXPORT, "name": LONGEST_EXPORT}])) for end in "xy"
    )
    assert {kind for kind, _ in one & other} <= NAMED_BY_VALUES
    exports = [{**EXPORT, "name": LONGEST_EXPORT[:-1] + end} for end in "xy"]
    rendered = render(release=LONGEST_RELEASE, exports=exports, storageClasses=[])
    assert len([kind for kind, _ in rendered if kind == "Deployment"]) == 4


def test_a_release_that_holds_the_chart_s_name_does_not_say_it_twice(render):
    assert ("Deployment", "my-nfs-steward-webhook") in render(release="my-nfs-steward")
    assert ("Deployment", "files-nfs-steward-webhook") in render(release="files")
