"""The benchmark's peer on kopf: the same mutation as nfs-steward's webhook, written the way kopf's documentation does.

Namespaces and StorageClasses come from kopf's in-memory indices, patches are made by kopf, and every decision writes
one JSON log line. Run as `kopf run --standalone -A --log-format=json handlers.py` with `BENCH_POLICY`, `BENCH_TLS_DIR`
and `BENCH_PORT` set.
"""

# kopf lives in an environment of its own, where the project's type checker does not look:
# mypy: disable-error-code="import-not-found, untyped-decorator"

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import kopf

sys.path.insert(0, str(Path(__file__).parent))  # kopf loads this file by its path, not as a part of a package

import rules

DEFAULT_MARKS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
RULES = rules.Rules.read(Path(os.environ["BENCH_POLICY"]))


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Serve on loopback with the given certificate; write nothing to the cluster."""
    tls = Path(os.environ["BENCH_TLS_DIR"])
    settings.admission.server = kopf.WebhookServer(
        addr="127.0.0.1", port=int(os.environ["BENCH_PORT"]), certfile=tls / "tls.crt", pkeyfile=tls / "tls.key"
    )
    settings.posting.enabled = False
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)  # one line a decision is enough


@kopf.index("", "v1", "namespaces")
def namespace_labels(name: str, labels: Mapping[str, str], **_: Any) -> dict[str, dict[str, str]]:
    """Labels by namespace."""
    return {name: dict(labels)}


@kopf.index("storage.k8s.io", "v1", "storageclasses")
def default_classes(name: str, meta: kopf.Meta, **_: Any) -> dict[str, tuple[str, str]] | None:
    """Creation time and name of each class that is marked as the cluster's default."""
    if any(meta.annotations.get(mark) == "true" for mark in DEFAULT_MARKS):
        return {name: (str(meta.creation_timestamp), name)}
    return None


@kopf.on.mutate("", "v1", "persistentvolumeclaims", id="claim", operations=["CREATE"])
def fill_claim(body: kopf.Body, patch: kopf.Patch, warnings: list[str], logger: logging.Logger, **indices: Any) -> None:
    """Fill in the class its author left out, and note the mount options its volume will get."""
    here = opted_in(body, indices["namespace_labels"])
    if here is None:
        return
    profile = RULES.profile(here)
    storage_class = body.spec.get("storageClassName")
    filled = []
    wanted = here.get("nfs-steward.io/storage-class", profile.get("storageClassName"))
    if wanted and class_is_open(body, indices["default_classes"]):
        patch.spec["storageClassName"] = storage_class = wanted
        filled.append("spec.storageClassName")
    if RULES.is_nfs_class(storage_class):
        request = body.meta.annotations.get("nfs-steward.io/mount-options", "")
        options, refused = rules.effective_options(profile, request)
        patch.metadata.annotations["nfs-steward.io/effective-mount-options"] = ",".join(options)
        warnings.extend(f"mount option {option} is not one this claim may ask for" for option in refused)
    note(filled, patch, logger)


@kopf.on.mutate("", "v1", "pods", id="pod", operations=["CREATE"])
def fill_pod(body: kopf.Body, patch: kopf.Patch, logger: logging.Logger, **indices: Any) -> None:
    """Label and gate a Pod that has an inline NFS volume on a managed export."""
    if opted_in(body, indices["namespace_labels"]) is None:
        return
    sources = [volume["nfs"] for volume in body.spec.get("volumes", ()) if "nfs" in volume]
    filled = []
    if any(RULES.manages(source["server"], source["path"]) for source in sources):
        patch.metadata.labels["nfs-steward.io/inline"] = "true"
        gates = [*body.spec.get("schedulingGates", ())]
        gate = {"name": "nfs-steward.io/directory"}
        mirror = "kubernetes.io/config.mirror" in body.meta.annotations
        if gate not in gates and not body.spec.get("nodeName") and not mirror:
            patch.spec["schedulingGates"] = [*gates, gate]
            filled.append("spec.schedulingGates")
    note(filled, patch, logger)


def opted_in(body: kopf.Body, index: kopf.Index[str, dict[str, str]]) -> dict[str, str] | None:
    """The labels of a namespace that is opted in; None where it, or the object, is not."""
    here: dict[str, str]
    (here,) = index.get(body.meta.namespace, [{}])
    opted_out = body.meta.labels.get("nfs-steward.io/inject") == "disabled"
    return here if here.get("nfs-steward.io/inject") == "enabled" and not opted_out else None


def class_is_open(body: kopf.Body, index: kopf.Index[str, tuple[str, str]]) -> bool:
    """Whether the class is absent, or is the cluster's default and not the author's own words."""
    spec = body.spec
    if any(spec.get(field) for field in ("selector", "dataSource", "dataSourceRef", "volumeName")):
        return False
    if "volume.beta.kubernetes.io/storage-class" in body.meta.annotations:
        return False
    if "storageClassName" not in spec:
        return True
    if not spec["storageClassName"] or rules.author_wrote_class(body.meta.get("managedFields", ())):
        return False
    marked = (entry for store in index.values() for entry in store)
    return bool(spec["storageClassName"] == rules.cluster_default(marked))


def note(filled: Sequence[str], patch: kopf.Patch, logger: logging.Logger) -> None:
    """List what was filled in, on the object and in the log."""
    if filled:
        patch.metadata.annotations["nfs-steward.io/filled"] = ",".join(filled)
    logger.info("decided", extra={"filled": filled})
