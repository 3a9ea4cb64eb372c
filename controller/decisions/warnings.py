"""Labels of a namespace that cannot be read: whoever set them looks at the namespace's Events."""

from controller.decisions import reasons
from controller.decisions.actions import Actions, Tell
from controller.decisions.subjects import namespace_subject
from controller.observed.records import NamespaceRecord
from policy.profiles import NamespaceSettings


def warn_of_labels(namespace: NamespaceRecord, settings: NamespaceSettings | None) -> Actions:
    """One Event for each label of an opted-in namespace that is ignored."""
    if settings is None:
        return ()
    about = namespace_subject(namespace)
    return tuple(Tell(about, "Warning", reasons.LABEL_IGNORED, f"{warning}.") for warning in settings.warnings)
