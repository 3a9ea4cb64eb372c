"""What a claim's namespace may ask for, as `nfs-steward explain` says it beside what becomes of the claim."""

from .conftest import OPTED_IN

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: team}
spec: {resources: {requests: {storage: 1Gi}}, accessModes: [ReadWriteMany]}
"""


def limits(reasons):
    return [reason for reason in reasons if reason.startswith("limits, which the API server enforces: ")]


def test_a_claim_is_told_what_its_namespace_may_ask_for(explain):
    labels = f"{OPTED_IN},nfs-steward.io/quota=5Gi,nfs-steward.io/max-claims=2,nfs-steward.io/max-claim=2Gi"
    (row,) = explain(CLAIM, labels=labels)
    (told,) = limits(row["reasons"])
    assert "5Gi of class nfs (at most 2 claims)" in told
    assert told.endswith("A claim has to ask for at most 2Gi, whatever its class.")


def test_where_nothing_limits_it_nothing_is_said(explain):
    (row,) = explain(CLAIM)
    assert limits(row["reasons"]) == []
