"""All checks, by name. What each finding means and the way out: docs/doctor.md, which a test holds to this list."""

from typing import Final

from controller.doctor.check import Check
from controller.doctor.checks import (
    claims,
    classes,
    clocks,
    controllers,
    directories,
    exports,
    fsid,
    namespaces,
    sharing,
    sizes,
    subvolumes,
    tables,
    volumes,
    waiting,
    webhook,
)
from controller.doctor.observed import Part

EXPORT_CHECKS: Final = (
    Check("export-unreachable", exports.unreachable),
    Check("export-not-writable", exports.not_writable),
    Check("root-open-to-all", exports.open_to_all),
    Check("root-owner", exports.owned_by_another),
    Check("all-squash", exports.everybody_is_one),
    Check("no-root-squash", exports.root_is_root, (Part.POLICY, Part.CLASSES)),
    Check("ownership-not-given", exports.ownership_not_given, (Part.POLICY,)),
    Check("export-clock", clocks.export_clock),
    Check(
        "directory-without-volume",
        directories.without_volume,
        (Part.POLICY, Part.VOLUMES, Part.PODS, Part.NAMESPACES),
    ),
    Check("volume-without-directory", directories.without_directory, (Part.POLICY, Part.VOLUMES)),
    Check("area-refused", directories.area_refused),
    Check("left-aside", directories.left_aside, (Part.VOLUMES,)),
    Check("limit-impossible", sizes.cannot_be_had, (Part.CLASSES, Part.POLICY)),
)
"""These look at exports that are mounted here."""

CLUSTER_CHECKS: Final = (
    Check("policy-invalid", volumes.policy_refused),
    Check("policy-caution", volumes.policy_cautions, (Part.POLICY,)),
    Check("webhook-not-registered", webhook.not_registered, (Part.WEBHOOKS,)),
    Check("webhook-not-answering", webhook.not_answering, (Part.TRIAL,)),
    Check("authority-expired", webhook.untrusted_authority, (Part.WEBHOOKS,)),
    Check("certificate-untrusted", webhook.untrusted_certificate, (Part.WEBHOOKS, Part.CERTIFICATE)),
    Check("certificate-old", webhook.old_certificate, (Part.CERTIFICATE,)),
    Check("api-clock", clocks.api_clock, (Part.CLOCK,)),
    Check("lease-unheld", controllers.unheld_lease, (Part.LEASES, Part.POLICY)),
    Check("second-installation", controllers.second_installation, (Part.LEASES,)),
    Check("second-provisioner", controllers.second_provisioner, (Part.LEASES, Part.DEPLOYMENTS, Part.POLICY)),
    Check("claim-stuck", claims.stuck_claims, (Part.CLAIMS, Part.CLASSES, Part.VOLUMES, Part.EVENTS, Part.NAMESPACES)),
    Check("claim-over-quota", claims.claims_without_room, (Part.EVENTS,)),
    Check("volume-stuck", waiting.stuck_volumes, (Part.VOLUMES, Part.EVENTS, Part.POLICY)),
    Check("pod-gated", waiting.gated_pods, (Part.PODS, Part.EVENTS)),
    Check("two-default-classes", classes.two_defaults, (Part.CLASSES,)),
    Check("class-missing", classes.missing_class, (Part.CLASSES, Part.POLICY)),
    Check("class-export", classes.unknown_export, (Part.CLASSES, Part.POLICY)),
    Check("class-parameters", classes.parameters_refused, (Part.CLASSES, Part.POLICY)),
    Check("size-not-enforced", sizes.not_enforced, (Part.CLASSES, Part.VOLUMES, Part.POLICY)),
    Check("root-escapes-limits", sizes.root_escapes, (Part.CLASSES, Part.POLICY)),
    Check("subvolume-over-old-nfs", subvolumes.too_old_to_mount, (Part.CLASSES, Part.POLICY)),
    Check("class-not-limited", classes.not_limited, (Part.CLASSES, Part.NAMESPACES, Part.POLICY)),
    Check("expansion-by-nobody", classes.expansion_by_nobody, (Part.CLASSES, Part.POLICY)),
    Check("one-place", sharing.one_place, (Part.VOLUMES, Part.POLICY)),
    Check("recycle", volumes.recycled, (Part.VOLUMES,)),
    Check("soft-mount", volumes.soft_volume, (Part.VOLUMES, Part.CLASSES, Part.POLICY)),
    Check("namespace-label", namespaces.labels_in_vain, (Part.NAMESPACES, Part.POLICY)),
    Check("namespace-not-opted-in", namespaces.never_opted_in, (Part.NAMESPACES,)),
)

TABLE_CHECKS: Final = (
    Check("exports-unread", tables.unread),
    Check("exports-everybody", tables.to_everybody),
    Check("exports-everybody-writes", tables.to_everybody_to_write),
    Check("exports-space", tables.apart_from_options),
    Check("exports-read-only", tables.read_only),
    Check("exports-no-root-squash", tables.root_everywhere),
    Check("exports-async", tables.lying_about_writes),
    Check("exports-insecure", tables.any_port),
    Check("exports-subtree-check", tables.subtree),
    Check("exports-fsid-missing", fsid.fsid_missing),
    Check("exports-two-roots", fsid.two_roots),
    Check("exports-outside-root", fsid.outside_root),
)
"""These read export tables."""

CHECKS: Final = (*EXPORT_CHECKS, *CLUSTER_CHECKS, *TABLE_CHECKS)
