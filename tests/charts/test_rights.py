"""What the accounts of the chart may do, rendered with each feature on and off. tests/rights has what they need."""

import pytest

PROFILE = {"name": "default"}
REWRITING = [PROFILE, {"name": "rewriting", "inlineVolumes": "csi"}]
OWN = {"certificates": {"source": "existingSecret", "existingSecret": "own"}}
BY_CERT_MANAGER = {"certificates": {"source": "cert-manager"}}

WATCH = {"list", "watch"}
READ = {"get", *WATCH}

CLUSTER = {
    "namespaces": READ,
    "storageclasses": WATCH,
    "persistentvolumeclaims": {*READ, "patch"},
    "persistentvolumes": {*READ, "patch"},
    "pods": {*WATCH, "patch"},
    "events": {"create", "patch"},
    "limitranges": {*WATCH, "create", "update", "delete"},
    "resourcequotas": {*WATCH, "create", "update", "delete"},
}
LIMITS = {"limitranges", "resourcequotas"}
UNLIMITED = {resource: verbs for resource, verbs in CLUSTER.items() if resource not in LIMITS}
CERTIFICATES = {
    "mutatingwebhookconfigurations": {*READ, "patch"},
    "validatingwebhookconfigurations": {*READ, "patch"},
}
EXPORT = {
    "namespaces": WATCH,
    "storageclasses": WATCH,
    "persistentvolumeclaims": {*READ, "patch"},
    "persistentvolumeclaims/status": {"patch"},
    "persistentvolumes": {*READ, "create", "patch", "delete"},
    "referencegrants": {"list"},
    "pods": {*READ, "patch"},
    "events": {"create", "patch"},
}
WEBHOOK = {
    "namespaces": READ,
    "storageclasses": WATCH,
    "persistentvolumeclaims": {"get"},
    "persistentvolumes": {"get"},
    "resourcequotas": WATCH,
}
WITHOUT_LIMITS = {resource: verbs for resource, verbs in WEBHOOK.items() if resource != "resourcequotas"}
GIDS = {"configmaps": WATCH}
STATE = {"leases": {"create", "get", "update"}, "configmaps": {*WATCH, "create", "patch"}}
ALL_STATE = {**STATE, "leases": {*READ, "create", "update"}}
SECRET = {"secrets": {*READ, "create", "patch"}}


@pytest.fixture
def held(render):
    """The rights that an account is given: verbs by resource, in the whole cluster or in the release's namespace."""

    def held(account: str, *, cluster_wide: bool, **values: object) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for rule in rules_of(render(**values), account, cluster_wide=cluster_wide):
            for resource in rule["resources"]:
                found.setdefault(resource, set()).update(rule["verbs"])
        return found

    return held


def rules_of(rendered, account, *, cluster_wide):
    """The rules of all roles that are bound to an account."""
    prefix = "Cluster" if cluster_wide else ""
    for (kind, _), binding in rendered.items():
        if kind == f"{prefix}RoleBinding" and binding["subjects"][0]["name"] == f"nfs-steward-{account}":
            yield from rendered[f"{prefix}Role", binding["roleRef"]["name"]]["rules"]


@pytest.mark.parametrize(
    ("account", "values", "everywhere", "at_home"),
    [
        pytest.param("webhook", {}, WEBHOOK, GIDS, id="the webhook writes nothing and reads little"),
        pytest.param(
            "webhook",
            {"profiles": REWRITING},
            {**WEBHOOK, "csidrivers": WATCH},
            GIDS,
            id="a profile that rewrites",
        ),
        pytest.param("webhook", {"limits": False}, WITHOUT_LIMITS, GIDS, id="no quotas to wait for"),
        *(
            pytest.param(
                "webhook",
                {"profiles": [PROFILE, {"name": "strict", "overQuota": word}]},
                {**WEBHOOK, "persistentvolumeclaims": READ},
                GIDS,
                id=f"a profile with overQuota {word}",
            )
            for word in ("readOnly", "block")
        ),
        pytest.param("webhook", {"profiles": [{**PROFILE, "overQuota": "warn"}]}, WEBHOOK, GIDS, id="only warnings"),
        pytest.param(
            "cluster", {}, {**CLUSTER, **CERTIFICATES}, {**ALL_STATE, **SECRET}, id="the cluster's controller"
        ),
        pytest.param(
            "cluster",
            {"schedulingGate": False},
            {**CLUSTER, **CERTIFICATES, "pods": WATCH},
            {**ALL_STATE, **SECRET},
            id="no gate to take off Pods",
        ),
        pytest.param(
            "cluster", OWN, {**CLUSTER, **CERTIFICATES}, {**ALL_STATE, "secrets": READ}, id="a certificate of one's own"
        ),
        pytest.param(
            "cluster", {"limits": False, **BY_CERT_MANAGER}, UNLIMITED, ALL_STATE, id="nothing that limits namespaces"
        ),
        pytest.param("cluster", BY_CERT_MANAGER, CLUSTER, ALL_STATE, id="certificates by cert-manager"),
        pytest.param("export", {}, EXPORT, STATE, id="an export's controller"),
        pytest.param(
            "export", {"schedulingGate": False}, {**EXPORT, "pods": READ}, STATE, id="no gate to wait for an export"
        ),
    ],
)
def test_each_account_has_these_rights_and_no_others(held, account, values, everywhere, at_home):
    values = {"profiles": [PROFILE], **values}
    assert held(account, cluster_wide=True, **values) == everywhere
    assert held(account, cluster_wide=False, **values) == at_home


CREATED = {(kind, "create") for kind in ("secrets", "leases", "configmaps", *LIMITS)}
"""What can be pinned to no name: the fences hold it."""
READ_TOGETHER = {("leases", "list"), ("leases", "watch")}
"""What one watch of all exports' Leases takes: there is nothing secret in them."""


@pytest.mark.parametrize("account", ["webhook", "cluster", "export"])
@pytest.mark.parametrize("certificates", ["self", "existingSecret", "cert-manager"])
def test_at_home_and_for_webhook_configurations_all_rights_that_can_be_are_pinned(render, account, certificates):
    exports = [{"server": "a", "path": "/a", "name": "a"}, {"server": "b", "path": "/b", "name": "b"}]
    rendered = render(
        exports=exports,
        storageClasses=[],
        certificates={"source": certificates, "existingSecret": "own" if certificates == "existingSecret" else ""},
    )
    tls = "own" if certificates == "existingSecret" else "nfs-steward-webhook-tls"
    exports_leases = ["nfs-steward-export-a", "nfs-steward-export-b"]
    pinned = {
        "leases": ["nfs-steward-cluster"] if account == "cluster" else exports_leases,
        "secrets": [tls],
        "configmaps": ["nfs-steward-gids"],
        "mutatingwebhookconfigurations": ["nfs-steward"],
        "validatingwebhookconfigurations": ["nfs-steward"],
        **{kind: ["nfs-steward"] for kind in LIMITS},
    }
    at_home = list(rules_of(rendered, account, cluster_wide=False))
    for rule in [*at_home, *rules_of(rendered, account, cluster_wide=True)]:
        for resource in rule["resources"]:
            if rule in at_home or resource in pinned:
                unpinned = {(resource, verb) for verb in rule["verbs"]} <= (CREATED | READ_TOGETHER)
                assert rule.get("resourceNames") == (None if unpinned else pinned[resource])


@pytest.mark.parametrize("account", ["webhook", "cluster", "export"])
def test_nobody_may_do_whatever_it_likes_delete_what_people_made_or_read_others_secrets(held, account):
    everywhere = held(account, cluster_wide=True, profiles=REWRITING)
    assert "secrets" not in everywhere
    if account == "export":
        everywhere["persistentvolumes"].discard("delete")  # once their claim is gone: a fence holds it to these
    for kind in LIMITS:
        everywhere.pop(kind, None)  # those called nfs-steward alone
    verbs = {verb for held_verbs in everywhere.values() for verb in held_verbs}
    assert not verbs & {"*", "update", "delete", "deletecollection", "impersonate", "escalate", "bind"}


def test_rights_are_given_to_accounts_of_the_release_alone(render):
    rendered = render(namespace="storage")
    accounts = {name for kind, name in rendered if kind == "ServiceAccount"}
    for (kind, name), binding in rendered.items():
        if kind in ("ClusterRoleBinding", "RoleBinding"):
            (subject,) = binding["subjects"]
            assert (subject["kind"], subject["namespace"]) == ("ServiceAccount", "storage")
            assert subject["name"] in accounts
            assert binding["roleRef"]["name"] == name


def test_what_is_rendered_is_labelled_and_named_after_the_release(render):
    rendered = render(release="files", namespace="storage")
    for (kind, name), obj in rendered.items():
        assert obj["metadata"]["labels"]["app.kubernetes.io/instance"] == "files"
        assert obj["metadata"]["labels"]["app.kubernetes.io/component"]
        assert name.startswith("files-nfs-steward") or kind == "StorageClass"
