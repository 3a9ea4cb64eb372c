"""The API server's audit log: where it writes down who asked for what, and what it answered.

https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
"""

import json
from pathlib import Path

from policy.shapes import Json


def audit_flags(folder: Path, *rules: Json) -> tuple[str, ...]:
    """Flags for an API server, by which it writes a new `audit_log(folder)`; writes the policy file that they name.

    What none of `rules` is about is not written down; of the others, the first that matches a request counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    audit_log(folder).unlink(missing_ok=True)
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [*rules, {"level": "None"}],
    }
    file = folder / "audit-policy.json"
    file.write_text(json.dumps(policy))  # JSON is YAML
    return f"--audit-policy-file={file}", f"--audit-log-path={audit_log(folder)}"


def audit_log(folder: Path) -> Path:
    """The file that the audit log goes to."""
    return folder / "audit.log"
