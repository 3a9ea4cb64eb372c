"""StorageClasses that say what is not so, or that are missing."""

from collections.abc import Iterator
from typing import Final

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from controller.doctor.wording import named
from policy import keys
from policy.classes import cluster_default, storage_class_of
from policy.errors import ParametersRefused
from policy.parameters import exports_of, read_parameters
from policy.quotas import hard_limits
from policy.shapes import Json, mapping, text

_PEER: Final = "nfs-subdir-external-provisioner"
"""In every name it goes by: k8s-sigs.io/ and this in its own manifests, cluster.local/ and the release's full name in
its Helm chart, https://github.com/kubernetes-sigs/nfs-subdir-external-provisioner/tree/master/charts."""


def two_defaults(observed: Observed) -> Iterator[Finding]:
    """More than one class is marked as the cluster's default."""
    classes = [storage_class_of(each) for each in observed.classes]
    defaults = sorted(each.name for each in classes if each.is_default)
    winner = cluster_default(classes)
    if len(defaults) > 1:
        yield Finding(
            Level.WARNING,
            f"classes {', '.join(defaults)}",
            f"{len(defaults)} classes are marked as the cluster's default.",
            f"A claim without a class gets the newest of them, which is {winner}; that changes as soon as one is made "
            "anew.",
            "Keep the mark on one: kubectl annotate storageclass "
            f"{next(name for name in defaults if name != winner)} {keys.DEFAULT_CLASS_ANNOTATIONS[0]}-",
        )


def expansion_by_nobody(observed: Observed) -> Iterator[Finding]:
    """A class of a provisioner that expands nothing says that its volumes can be expanded."""
    for each in observed.classes:
        provisioner = text(each, "provisioner") or ""
        if provisioner in observed.provisioners or _PEER not in provisioner:
            continue
        if each.get("allowVolumeExpansion"):
            yield Finding(
                Level.WARNING,
                _where(each),
                f"It says allowVolumeExpansion: true, and {provisioner} expands nothing.",
                "The API server takes a larger request, and the claim then waits for ever to be resized.",
                "Set allowVolumeExpansion: false on it, or have nfs-steward serve it: provisionerName: "
                f"{provisioner} in the policy.",
            )


def not_limited(observed: Observed) -> Iterator[Finding]:
    """A class of NFS volumes that no quota counts, where quotas hold for others."""
    limited = [settings for settings in observed.opted_in if hard_limits(settings)]
    for each in observed.classes:
        name = text(each, "metadata", "name") or ""
        open_in = [
            settings.namespace
            for settings in limited
            if name != settings.storage_class and name not in settings.limited_classes
        ]
        if open_in and _makes_nfs_volumes(each, observed):
            yield Finding(
                Level.WARNING,
                _where(each),
                f"No profile names it, so the quota of namespace {named(open_in)} does not limit its claims.",
                "It makes NFS volumes as well: who may claim no more of the namespace's own class claims of this one.",
                "Name it in a profile of the policy that has a quota, with what its namespaces may have of it: "
                f'quota.classes: {{{name}: "0"}}. All other quotas have it at 0 then.',
            )


def unknown_export(observed: Observed) -> Iterator[Finding]:
    """A class names an export that the policy lacks, or names none where it must."""
    for each in observed.ours:
        try:
            exports_of(_parameters(each), observed.managed)
        except ParametersRefused as error:
            yield _refused(each, error)


def parameters_refused(observed: Observed) -> Iterator[Finding]:
    """A class has parameters that are not understood."""
    for each in observed.ours:
        try:
            exports_of(_parameters(each), observed.managed)
        except ParametersRefused:
            continue  # told by `unknown_export`
        try:
            read_parameters(each, observed.policy)
        except ParametersRefused as error:
            yield _refused(each, error)


def missing_class(observed: Observed) -> Iterator[Finding]:
    """A profile or a namespace's label names a class that does not exist."""
    for profile in observed.policy.profiles:
        name = profile.storage_class_name
        if name and name not in observed.class_names:
            yield _missing(profile.rule, name, "set storageClassName of the profile to one of")
    for settings in observed.opted_in:
        own = settings.storage_class
        if own and own not in observed.class_names and own != settings.profile.storage_class_name:
            yield _missing(f"namespace {settings.namespace}", own, f"set its label {keys.STORAGE_CLASS} to one of")


def _makes_nfs_volumes(storage_class: Json, observed: Observed) -> bool:
    provisioner = text(storage_class, "provisioner") or ""
    return provisioner in observed.provisioners or provisioner == keys.NFS_CSI_DRIVER or _PEER in provisioner


def _missing(where: str, name: str, way_out: str) -> Finding:
    return Finding(
        Level.ERROR,
        where,
        f"It gives claims the class {name}, which does not exist.",
        "Such claims stay Pending, and the class of a claim cannot be changed later.",
        f"Make the class, or {way_out}: kubectl get storageclass",
    )


def _refused(storage_class: Json, error: ParametersRefused) -> Finding:
    return Finding(
        Level.ERROR,
        _where(storage_class),
        f"No volume can be made for its claims: {error}.",
        "Its claims stay Pending, each with an Event that says so.",
        "Parameters of a class cannot be changed: delete it and make it anew, by the value storageClasses of the chart "
        "where it is the chart's. Volumes and claims that are there do not need it.",
    )


def _parameters(storage_class: Json) -> dict[str, str]:
    return {name: str(value) for name, value in mapping(storage_class, "parameters").items()}


def _where(storage_class: Json) -> str:
    return f"class {text(storage_class, 'metadata', 'name')}"
