from controller.observed.records import NamespaceRecord
from controller.observed.settings import SettingsCache
from policy import keys
from policy.load import load_policy

OPTED_IN = {keys.INJECT: keys.INJECT_ENABLED}


class Cluster:
    """A namespace and a policy that a test may change."""

    def __init__(self) -> None:
        self.namespace: NamespaceRecord | None = NamespaceRecord("team-a", "u", OPTED_IN)
        self.policy = load_policy("profiles: [{name: default, storageClassName: nfs}]", "test")
        self.settings = SettingsCache(lambda _name: self.namespace, lambda: self.policy)


def test_settings_are_worked_out_once() -> None:
    cluster = Cluster()

    assert cluster.settings.of("team-a") is not None
    assert cluster.settings.of("team-a") is cluster.settings.of("team-a")


def test_new_labels_count_at_once() -> None:
    cluster = Cluster()
    cluster.settings.of("team-a")
    cluster.namespace = NamespaceRecord("team-a", "u", {})

    assert cluster.settings.of("team-a") is None


def test_a_new_policy_counts_at_once() -> None:
    cluster = Cluster()
    cluster.settings.of("team-a")
    cluster.policy = load_policy("profiles: [{name: default, storageClassName: gold}]", "test")

    settings = cluster.settings.of("team-a")
    assert settings is not None
    assert settings.storage_class == "gold"


def test_a_namespace_that_is_gone_has_no_settings() -> None:
    cluster = Cluster()
    cluster.settings.of("team-a")
    cluster.namespace = None

    assert cluster.settings.of("team-a") is None
