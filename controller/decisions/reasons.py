"""The reasons of our Events, in the spelling that `kubectl get events` and alerts match on."""

from typing import Final

DIRECTORY_CREATED: Final = "DirectoryCreated"
DIRECTORY_CHANGED: Final = "DirectoryChanged"
DIRECTORY_REFUSED: Final = "DirectoryRefused"
OWNERSHIP_INCOMPLETE: Final = "OwnershipIncomplete"
EXPORT_UNAVAILABLE: Final = "ExportUnavailable"

GATE_LIFTED: Final = "GateLifted"
GATE_TIMED_OUT: Final = "GateTimedOut"
GATE_ORPHANED: Final = "GateOrphaned"
GATE_NOT_LIFTED: Final = "GateNotLifted"

PROVISIONING_SUCCEEDED: Final = "ProvisioningSucceeded"
PROVISIONING_FAILED: Final = "ProvisioningFailed"
NO_EXPORT_AVAILABLE: Final = "NoExportAvailable"
EXPORT_NOT_CHOSEN: Final = "ExportNotChosen"
DIRECTORY_LEFT_BEHIND: Final = "DirectoryLeftBehind"
MOUNT_OPTION_REFUSED: Final = "MountOptionRefused"

COPY_UNDERWAY: Final = "CopyUnderway"
DATA_COPIED: Final = "DataCopied"
COPY_INCOMPLETE: Final = "CopyIncomplete"

VOLUME_EXPANDED: Final = "VolumeExpanded"
EXPANSION_FAILED: Final = "VolumeExpansionFailed"

CLASS_FILLED_IN: Final = "StorageClassFilledIn"
CLASS_NOT_FILLED_IN: Final = "StorageClassNotFilledIn"
MOUNT_OPTIONS_FILLED_IN: Final = "MountOptionsFilledIn"
MOUNT_OPTIONS_NOT_FILLED_IN: Final = "MountOptionsNotFilledIn"

GID_NOT_ASSIGNED: Final = "GidNotAssigned"
GID_LEDGER_DAMAGED: Final = "GidLedgerDamaged"
GID_TAKEN_BACK: Final = "GidTakenBack"
GID_NOT_GIVEN: Final = "GidNotGiven"

DATA_REMOVED: Final = "DataRemoved"
DATA_ARCHIVED: Final = "DataArchived"
DATA_RETAINED: Final = "DataRetained"
DATA_MISSING: Final = "DataMissing"
DATA_PUT_BACK: Final = "DataPutBack"
DATA_ASIDE: Final = "DataAside"
REMOVAL_UNDERWAY: Final = "RemovalUnderway"
RECLAIM_INCOMPLETE: Final = "ReclaimIncomplete"
RECLAIM_FAILED: Final = "ReclaimFailed"
VOLUME_NOT_DELETED: Final = "VolumeNotDeleted"
VOLUME_NOT_RELEASED: Final = "VolumeNotReleased"

USAGE_HIGH: Final = "UsageHigh"
OVER_QUOTA: Final = "OverQuota"
WITHIN_QUOTA: Final = "WithinQuota"
USAGE_NOT_RECORDED: Final = "UsageNotRecorded"

LABEL_IGNORED: Final = "LabelIgnored"

LIMITS_SET: Final = "LimitsSet"
LIMITS_LIFTED: Final = "LimitsLifted"
LIMITS_PUT_BACK: Final = "LimitsPutBack"
LIMITS_TAKEN_OVER: Final = "LimitsTakenOver"
LIMITS_NOT_SET: Final = "LimitsNotSet"
LIMITS_NOT_LIFTED: Final = "LimitsNotLifted"
QUOTA_NEARLY_USED: Final = "QuotaNearlyUsed"
QUOTA_USED_UP: Final = "QuotaUsedUp"
QUOTA_BELOW_USE: Final = "QuotaBelowUse"

CERTIFICATE_ISSUED: Final = "CertificateIssued"
CERTIFICATE_DAMAGED: Final = "CertificateDamaged"
AUTHORITY_BEGUN: Final = "AuthorityBegun"
AUTHORITY_ADOPTED: Final = "AuthorityAdopted"
AUTHORITY_DROPPED: Final = "AuthorityDropped"
CERTIFICATE_NOT_KEPT: Final = "CertificateNotKept"
