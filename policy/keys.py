"""Every label, annotation and name that nfs-steward reads or writes, each in one place."""

from typing import Final

GROUP: Final = "nfs-steward.io"

# On a namespace, written by the administrator. `INJECT` is also honoured on a claim or Pod.
INJECT: Final = f"{GROUP}/inject"
INJECT_ENABLED: Final = "enabled"
INJECT_DISABLED: Final = "disabled"
PROFILE: Final = f"{GROUP}/profile"
STORAGE_CLASS: Final = f"{GROUP}/storage-class"
QUOTA: Final = f"{GROUP}/quota"
MAX_CLAIMS: Final = f"{GROUP}/max-claims"
DEFAULT_CLAIM: Final = f"{GROUP}/default-claim"
MIN_CLAIM: Final = f"{GROUP}/min-claim"
MAX_CLAIM: Final = f"{GROUP}/max-claim"

# On a claim: what its author asks for, and what its volume will get (for people to read; never trusted).
MOUNT_OPTIONS: Final = f"{GROUP}/mount-options"
EFFECTIVE_MOUNT_OPTIONS: Final = f"{GROUP}/effective-mount-options"

# On a claim, written by the controller alone: it uses more than its size, and how much it uses, for people to read.
OVER_QUOTA: Final = f"{GROUP}/over-quota"
OVER_QUOTA_TRUE: Final = "true"
USED: Final = f"{GROUP}/used"

# On whatever the webhook filled in: the fields, comma-separated, such as `spec.storageClassName`.
FILLED: Final = f"{GROUP}/filled"

# On a Pod: it has an inline volume on a managed export; and the gate that waits for the directory.
INLINE: Final = f"{GROUP}/inline"
DIRECTORY_GATE: Final = f"{GROUP}/directory"

PROVISIONER: Final = f"{GROUP}/provisioner"

# On a volume of our provisioner: what becomes of its data (`delete`, `archive`, `retain`), how long an archive is kept,
# and the finalizer that holds it until that is done. Only administrators can write there.
ON_DELETE: Final = f"{GROUP}/on-delete"
ARCHIVE_FOR: Final = f"{GROUP}/archive-for"
DATA_FINALIZER: Final = f"{GROUP}/data"

# On a volume of a class that shares: other volumes of such classes may have the same directory.
SHARED: Final = f"{GROUP}/shared"
SHARED_TRUE: Final = "true"

# On a volume that was taken over: the provisioner that made it.
ADOPTED_FROM: Final = f"{GROUP}/adopted-from"

# On a static volume: `ignore` keeps our hands off its directory; with `change` one that is there already gets mode and
# owner, too. Only administrators can write there; on anything else `change` means nothing.
DIRECTORY: Final = f"{GROUP}/directory"
DIRECTORY_IGNORED: Final = "ignore"
DIRECTORY_CHANGED: Final = "change"

# On a static volume: which gid we wrote there for its Pods (`VOLUME_GID`). It is ours as long as both say the same.
GID_GIVEN: Final = f"{GROUP}/gid"

# On a claim of a class with several exports: the one that was chosen for it. Whoever reads it checks it again.
CHOSEN_EXPORT: Final = f"{GROUP}/export"

# On the Lease of an export: what its controller says of it, so that claims can be spread over several.
EXPORT_STATE: Final = f"{GROUP}/export-state"
FREE_BYTES: Final = f"{GROUP}/free-bytes"

# The ResourceQuota and the LimitRange that the controller keeps in an opted-in namespace, and the label that tells ours
# from others of that name.
LIMITS: Final = "nfs-steward"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGED_BY_US: Final = "nfs-steward"

# Selectors of those two: by field all of that name, ours or not (rights are pinned to it); by label ours alone.
LIMITS_BY_NAME: Final = f"metadata.name={LIMITS}"
LIMITS_BY_LABEL: Final = f"{MANAGED_BY}={MANAGED_BY_US}"

# On those two: what stands for all that we wrote there last, and how much use of what was told.
WRITTEN: Final = f"{GROUP}/written"
TOLD: Final = f"{GROUP}/told"

# On a volume: how much of it is used, as of when, and the highest threshold, in percent, that was told. An `OVER_QUOTA`
# there, an annotation, is what follows for its claim: `warn`, `readOnly`, `block`. Only administrators can write there.
USED_BYTES: Final = f"{GROUP}/used-bytes"
USED_FILES: Final = f"{GROUP}/used-files"
MEASURED_AT: Final = f"{GROUP}/measured-at"
USED_THRESHOLD: Final = f"{GROUP}/used-threshold"

# On a volume: what holds it to its size on the export, `project` or `btrfs`; absent: nothing does.
HELD_BY: Final = f"{GROUP}/quota"

# On the Lease of an export: when the oldest figure was measured of which the export's volumes are told.
OLDEST_MEASUREMENT: Final = f"{GROUP}/oldest-measurement"

# On the Lease of an export whose controller is at the file system itself: the kind of that, such as `ext4`.
FILE_SYSTEM: Final = f"{GROUP}/file-system"

# The ConfigMap, in nfs-steward's own namespace, that says which namespace has which gid.
GID_LEDGER: Final = "nfs-steward-gids"

# Kubernetes' own.
DEFAULT_CLASS_ANNOTATIONS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
LEGACY_CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"
LEGACY_MOUNT_OPTIONS_ANNOTATION: Final = "volume.beta.kubernetes.io/mount-options"
BINDERS_OWN: Final = "pv.kubernetes.io/"
PROVISIONED_BY: Final = f"{BINDERS_OWN}provisioned-by"
STORAGE_PROVISIONER_ANNOTATIONS: Final = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
SIDECAR_FINALIZER: Final = "external-provisioner.volume.kubernetes.io/finalizer"
VOLUME_GID: Final = "pv.beta.kubernetes.io/gid"
SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
MIRROR_POD: Final = "kubernetes.io/config.mirror"
POD_SECURITY_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
NFS_CSI_DRIVER: Final = "nfs.csi.k8s.io"
SUBDIR_OWNERSHIP: Final = ("nfs.io/createMode", "nfs.io/createUID", "nfs.io/createGID")
"""Annotations by which a claim tells forks of nfs-subdir-external-provisioner mode and owner of its directory: its
pull request 121. Nobody here reads them: a claim's author is not to choose either.
"""
