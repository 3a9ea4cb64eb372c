"""What holds in each namespace, worked out once for each state of its labels and of the policy."""

from collections.abc import Callable
from dataclasses import dataclass

from controller.observed.records import NamespaceRecord
from policy.model import Policy
from policy.profiles import NamespaceSettings, settings_for


@dataclass(frozen=True, slots=True)
class _Entry:
    namespace: NamespaceRecord
    policy: Policy
    settings: NamespaceSettings | None


class SettingsCache:
    """Safe for use from many threads: at worst something is worked out twice."""

    def __init__(self, namespace: Callable[[str], NamespaceRecord | None], policy: Callable[[], Policy]) -> None:
        self._namespace = namespace
        self._policy = policy
        self._entries: dict[str, _Entry] = {}

    def of(self, name: str) -> NamespaceSettings | None:
        """What holds in a namespace; None: it is not opted in, or not known."""
        namespace, policy = self._namespace(name), self._policy()
        if namespace is None:
            self._entries.pop(name, None)
            return None
        entry = self._entries.get(name)
        if entry is None or entry.namespace is not namespace or entry.policy is not policy:
            entry = _Entry(namespace, policy, settings_for(policy, name, namespace.labels))
            self._entries[name] = entry
        return entry.settings
