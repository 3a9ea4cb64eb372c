"""What the API server records of who wrote which field of an object."""

from typing import Any

from policy.shapes import Json


def written(*fields: str) -> Json:
    """One entry of managedFields, of a manager that wrote these fields, such as `spec.storageClassName`."""
    tree: dict[str, Any] = {}
    for field in fields:
        here = tree
        for step in field.split("."):
            here = here.setdefault(f"f:{step}", {})
    return {"manager": "kubectl-create", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": tree}
