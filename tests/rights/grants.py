"""The rights that the chart gives, taken away one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from kube.client import Client
from kube.resources import Resource
from policy.shapes import Json, sequence, text
from testbed.product.chart import NAMESPACE, RELEASE, RenderedChart, name_of
from testbed.waiting import wait_for
from tests.waiting import WITHIN

from .asked import Right

RBAC: Final = "rbac.authorization.k8s.io"
ROLES: Final = {
    "ClusterRole": Resource(RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False),
    "Role": Resource(RBAC, "v1", "roles", "Role", namespaced=True),
}
REVIEWS: Final = Resource("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False)


@dataclass(frozen=True, slots=True)
class _Grant:
    """A rule with one verb and one resource, and the role, as the chart has it, that holds it among others."""

    right: Right
    rule: Json
    role: Json

    @property
    def namespace(self) -> str | None:
        """Where it holds; None: everywhere."""
        return text(self.role, "metadata", "namespace")


@dataclass(frozen=True, slots=True)
class Grants:
    """What the accounts of a release are allowed, and the administrator's client to change that."""

    chart: RenderedChart
    admin: Client

    def rights(self) -> set[Right]:
        """All that the chart gives to anybody."""
        return {grant.right for grant in self._all()}

    @contextmanager
    def without(self, right: Right) -> Iterator[None]:
        """Take one right away for the block: everything else that the same rule gives stays."""
        (grant,) = [each for each in self._all() if each.right == right]
        kept = [each.rule for each in _grants(right.account, grant.role) if each.right != right]
        self._put(grant, kept)
        wait_for(f"{right} to be away", lambda: not self._holds(grant), WITHIN)
        try:
            yield
        finally:
            self._put(grant, grant.role["rules"])
            wait_for(f"{right} to be back", lambda: self._holds(grant), WITHIN)

    def _put(self, grant: _Grant, rules: list[Json]) -> None:
        role = grant.role
        self.admin.patch(ROLES[role["kind"]], name_of(role), {"rules": rules}, grant.namespace, type="merge")

    def _holds(self, grant: _Grant) -> bool:
        """Whether the API server would allow it."""
        resource, _, subresource = grant.right.resource.partition("/")
        attributes = {
            "group": grant.rule["apiGroups"][0],
            "resource": resource,
            "subresource": subresource,
            "verb": grant.right.verb,
            "name": next(iter(grant.rule.get("resourceNames", ())), ""),
            "namespace": grant.namespace or "",
        }
        user = f"system:serviceaccount:{NAMESPACE}:{RELEASE}-{grant.right.account}"
        review = {"kind": REVIEWS.kind, "spec": {"user": user, "resourceAttributes": attributes}}
        return bool(self.admin.create(REVIEWS, {"apiVersion": REVIEWS.api_version, **review})["status"]["allowed"])

    def _all(self) -> Iterator[_Grant]:
        roles = {(obj["kind"], name_of(obj)): obj for obj in self.chart.objects if obj["kind"] in ROLES}
        for binding in self.chart.objects:
            if binding["kind"] in ("ClusterRoleBinding", "RoleBinding"):
                (account,) = [each["name"].removeprefix(f"{RELEASE}-") for each in sequence(binding, "subjects")]
                yield from _grants(account, roles[binding["roleRef"]["kind"], binding["roleRef"]["name"]])


def _grants(account: str, role: Json) -> Iterator[_Grant]:
    for rule in sequence(role, "rules"):
        for verb in rule["verbs"]:
            for resource in rule["resources"]:
                single = {**rule, "verbs": [verb], "resources": [resource]}
                yield _Grant(Right(account, verb, resource), single, role)
