"""The policy that a command works by: a file, or the one that comes with the chart."""

from pathlib import Path
from typing import Final

from policy.errors import StewardError
from policy.load import load_policy
from policy.model import Policy

CHART_POLICY: Final = """
profiles:
- name: default
  storageClassName: nfs
  accessModes: [ReadWriteMany]
  mountOptions: [hard]
  allowedMountOptions: [actimeo, noatime, rsize, wsize]
  claim: {default: 1Gi}
"""
"""The chart's own profile, without any export: a test holds it to charts/nfs-steward/values.yaml."""


class PolicyUnreadable(StewardError):
    """A policy's file cannot be read at all."""


def read_policy(path: Path) -> Policy:
    """Read a policy file. Raises `PolicyUnreadable`, or `PolicyInvalid` with every problem in it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PolicyUnreadable(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PolicyUnreadable(f"{path}: is not UTF-8") from error
    return load_policy(text, str(path))


def chart_policy() -> Policy:
    """Return the policy of a chart that was installed without any value set."""
    return load_policy(CHART_POLICY, "the chart's own policy")
