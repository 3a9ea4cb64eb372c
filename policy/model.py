"""The policy: what the administrator wants of the whole cluster, as one schema.

Every `Policy` in existence is consistent: building one whose parts contradict each other raises `PolicyInvalid`.
"""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, StrictBool, ValidationInfo, field_validator, model_validator

from policy import keys
from policy.consistency import problems_between_parts
from policy.durations import parse_duration
from policy.errors import PolicyInvalid
from policy.fields import (
    AccessMode,
    AllowedOptions,
    AmountText,
    ClaimCount,
    ClassName,
    Contact,
    Duration,
    ExportName,
    ExportPath,
    Gid,
    InlinePath,
    ModeBits,
    MountOptions,
    NamespaceGid,
    OwnerId,
    ProfileName,
    ProvisionerName,
    QuantityText,
    ServerName,
    UsageThreshold,
)
from policy.measuring import Measuring
from policy.ownership import AUTO
from policy.quantity import parse_quantity
from policy.selectors import LabelSelector
from policy.settings import Setting

DEFAULT_EXPORT_NAME = "main"
DEFAULT_PROFILE_NAME = "default"
DEFAULT_MODE = "2770"
DEFAULT_GATE_TIMEOUT = "10m"
DEFAULT_USAGE_THRESHOLDS = (80, 100)


class Directories(Setting):
    """Mode and owner of the directories made on an export.

    A gid that is left out (None) is `auto` in a policy that has a `gidRange`, else 0; a `Policy` puts in which.
    """

    mode: ModeBits = Field(default=int(DEFAULT_MODE, 8), json_schema_extra={"default": DEFAULT_MODE})
    uid: OwnerId = 0
    gid: Gid | None = None


class Local(Setting):
    """Where an export's file system is mounted on the NFS server's own node, and by which labels that node is found.
    Its controller then works there, and not over NFS: only so can it have the file system hold claims to their sizes.
    """

    path: ExportPath
    node_selector: dict[str, str] = Field(min_length=1)


class Export(Setting):
    """An NFS server and a path it exports. The name may be left out where there is one export: it is then `main`."""

    name: ExportName = DEFAULT_EXPORT_NAME
    server: ServerName
    aliases: tuple[ServerName, ...] = ()
    path: ExportPath
    directories: Directories = Directories()
    mount_options: MountOptions = ()
    local: Local | None = None


class ClaimSizes(Setting):
    """The size of a claim that names none, and the smallest and largest one that may be asked for."""

    default: QuantityText | None = None
    min: QuantityText | None = None
    max: QuantityText | None = None

    @field_validator("min", "max")
    @classmethod
    def _in_order(cls, size: str | None, info: ValidationInfo) -> str | None:
        for lower, upper in (("default", "max"), ("min", "max"), ("min", "default")):
            sizes = {**info.data, str(info.field_name): size}
            low, high = sizes.get(lower), sizes.get(upper)
            if info.field_name in (lower, upper) and low and high and parse_quantity(low) > parse_quantity(high):
                raise ValueError(f"{lower} ({low}) is larger than {upper} ({high})")
        return size


class Quota(Setting):
    """What a namespace may claim in all: of its own class, and of other NFS classes by name (0, or else, nothing)."""

    storage: QuantityText | None = None
    claims: ClaimCount | None = None
    classes: dict[ClassName, AmountText] = Field(default_factory=dict)


class Profile(Setting):
    """A named set of defaults; what is left out means "do not fill in" and "no limit"."""

    name: ProfileName
    namespace_selector: LabelSelector | None = None
    storage_class_name: ClassName | None = None
    access_modes: tuple[AccessMode, ...] | None = Field(default=None, min_length=1)
    mount_options: MountOptions = ()
    allowed_mount_options: AllowedOptions = ()
    claim: ClaimSizes | None = None
    quota: Quota | None = None
    over_quota: Literal["warn", "readOnly", "block"] = "warn"
    inline_volumes: Literal["keep", "csi", "deny"] = "keep"
    inline_paths: tuple[InlinePath, ...] = ()

    @field_validator("access_modes")
    @classmethod
    def _alone(cls, modes: tuple[AccessMode, ...] | None) -> tuple[AccessMode, ...] | None:
        if modes and len(modes) > 1 and "ReadWriteOncePod" in modes:
            raise ValueError("Kubernetes takes ReadWriteOncePod with no other access mode beside it")
        return modes

    @cached_property
    def rule(self) -> str:
        """How a decision names this profile as its reason."""
        return f"profile {self.name}"


class GidRange(Setting):
    """The gids, both ends included, of which each namespace gets one."""

    from_: NamespaceGid = Field(alias="from")
    to: NamespaceGid

    @field_validator("to")
    @classmethod
    def _in_order(cls, to: int, info: ValidationInfo) -> int:
        if to < info.data.get("from_", 0):
            raise ValueError(f"ends before it begins, at {info.data['from_']}")
        return to

    def __str__(self) -> str:
        return f"{self.from_}-{self.to}"


class Policy(Setting):
    """What the administrator wants of the whole cluster."""

    gid_range: GidRange | None = None
    exports: tuple[Export, ...] = ()
    profiles: tuple[Profile, ...]
    provisioner_name: ProvisionerName | None = None
    limits: StrictBool = True
    contact: Contact | None = None
    usage_thresholds: tuple[UsageThreshold, ...] = Field(
        default=DEFAULT_USAGE_THRESHOLDS, max_length=10, json_schema_extra={"uniqueItems": True}
    )
    measuring: Measuring = Measuring()
    scheduling_gate: StrictBool = True
    gate_timeout: Duration = Field(
        default=parse_duration(DEFAULT_GATE_TIMEOUT), json_schema_extra={"default": DEFAULT_GATE_TIMEOUT}
    )

    @field_validator("exports")
    @classmethod
    def _with_gids(cls, exports: tuple[Export, ...], info: ValidationInfo) -> tuple[Export, ...]:
        left_out: int | str = AUTO if info.data.get("gid_range") else 0
        return tuple(_with_gid(export, left_out) if export.directories.gid is None else export for export in exports)

    @field_validator("usage_thresholds")
    @classmethod
    def _rising(cls, thresholds: tuple[int, ...]) -> tuple[int, ...]:
        if list(thresholds) != sorted(set(thresholds)):
            raise ValueError("write each percentage once, the lowest first")
        return thresholds

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = tuple(problems_between_parts(self))
        if problems:
            raise PolicyInvalid(problems)
        return self

    @cached_property
    def profiles_by_name(self) -> dict[str, Profile]:
        """The profiles, by name."""
        return {profile.name: profile for profile in self.profiles}

    @cached_property
    def provisioners(self) -> frozenset[str]:
        """The provisioners whose StorageClasses are served: ours, and the one whose place we take."""
        return frozenset(filter(None, (keys.PROVISIONER, self.provisioner_name)))

    @cached_property
    def classes(self) -> frozenset[str]:
        """The StorageClasses that some profile has as its own."""
        return frozenset(profile.storage_class_name for profile in self.profiles if profile.storage_class_name)

    @cached_property
    def limited_classes(self) -> frozenset[str]:
        """The StorageClasses that some profile names, as its own or in its `quota.classes`: a namespace's quota that
        limits anything limits each of them.
        """
        return self.classes.union(*(profile.quota.classes for profile in self.profiles if profile.quota))


def _with_gid(export: Export, gid: int | str) -> Export:
    return export.model_copy(update={"directories": export.directories.model_copy(update={"gid": gid})})
