"""Who wrote a field: the author of the object, or something that came after.

On CREATE the API server computes `metadata.managedFields` from what the client sent, before admission changes it
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). A field that is missing there was
put in on the way, for one by the DefaultStorageClass plugin, which runs before any webhook.
"""

from policy.errors import WrongShape
from policy.shapes import Json, mapping, sequence


def author_wrote(obj: Json, *path: str) -> bool:
    """Whether some manager of `obj` is recorded as having sent the field at `path`.

    An object without any record counts as written throughout: better to leave a default out than to overwrite a wish.
    `path` names fields only; it cannot step into lists. Raises `WrongShape` where the record itself is malformed.
    """
    records = sequence(obj, "metadata", "managedFields")
    return not records or any(_records(entry, path) for entry in records)


def _records(entry: object, path: tuple[str, ...]) -> bool:
    if not isinstance(entry, dict):
        raise WrongShape("metadata.managedFields[]", "an object", entry)
    fields = mapping(entry, "fieldsV1")
    *parents, leaf = path
    return f"f:{leaf}" in mapping(fields, *(f"f:{parent}" for parent in parents))
