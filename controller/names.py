"""What duties, and the Leases by which they lead, are called."""

from typing import Final

LEASE_PREFIX: Final = "nfs-steward-"
"""A duty's Lease is called this and the duty's name: `nfs-steward-cluster`, `nfs-steward-export-main`."""

CLUSTER_DUTY: Final = "cluster"


def export_duty(export: str) -> str:
    """The name of an export's duty."""
    return f"export-{export}"


def lease_of(duty: str) -> str:
    """The name of a duty's Lease."""
    return f"{LEASE_PREFIX}{duty}"
