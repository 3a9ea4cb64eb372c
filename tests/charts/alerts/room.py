"""Alerts about claims, namespaces and exports with little room left, and about figures of use that are old."""

import pytest

from .row import INFO, OF_THE_EXPORT, WARNING, Row, told


def claim(figure: str, pod: str = "export-a", name: str = "data") -> str:
    return told(f"claim_{figure}", pod, namespace="team-a", claim=name, export="main")


def namespace(figure: str, storage_class: str = "nfs") -> str:
    return told(f"namespace_{figure}", "cluster-a", namespace="team-a", storageclass=storage_class)


def free(pod: str = "export-a") -> str:
    return told("export_free_bytes", pod, export="main")


OF_THE_CLAIM = {"namespace": "team-a", "claim": "data"}
OF_THE_CLASS = {"namespace": "team-a", "storageclass": "nfs"}
NEAR = "of the bytes or of the claims that it may have of class nfs."

FIRING = [
    pytest.param(
        Row(
            "NfsStewardClaimNearlyFull",
            20,
            {
                claim("used_bytes", "export-a"): "95x20",
                claim("used_bytes", "export-b"): "40x20",
                claim("capacity_bytes", "export-a"): "100x20",
            },
            {**WARNING, **OF_THE_CLAIM},
            "Claim team-a/data uses 95% of its size.",
        ),
        id="the larger of two figures is near the size",
    ),
    pytest.param(
        Row(
            "NfsStewardClaimFillsUp",
            360,
            {claim("used_bytes"): "0+60000000x400", claim("capacity_bytes"): "100000000000x400"},
            {**WARNING, **OF_THE_CLAIM},
            "Claim team-a/data will be full within a day if it grows on as it does.",
        ),
        id="86 GB a day into 78 GB",
    ),
    pytest.param(
        Row(
            "NfsStewardNamespaceNearQuota",
            20,
            {namespace("requested_bytes"): "96x20", namespace("quota_bytes"): "100x20"},
            {**INFO, **OF_THE_CLASS},
            f"Namespace team-a has asked for 96% {NEAR}",
        ),
        id="nearly all the bytes",
    ),
    pytest.param(
        Row(
            "NfsStewardNamespaceNearQuota",
            20,
            {
                namespace("requested_bytes"): "10x20",
                namespace("quota_bytes"): "100x20",
                namespace("requested_claims"): "50x20",
                namespace("quota_claims"): "50x20",
            },
            {**INFO, **OF_THE_CLASS},
            f"Namespace team-a has asked for 100% {NEAR}",
        ),
        id="all the claims, of few bytes",
    ),
    pytest.param(
        Row(
            "NfsStewardExportFillsUp",
            360,
            {free(): "100000000000-60000000x400"},
            {**WARNING, **OF_THE_EXPORT},
            "The export main will be full within a day if it fills on as it does.",
        ),
        id="86 GB a day off 78 GB",
    ),
    pytest.param(
        Row(
            "NfsStewardFiguresOld",
            400,
            {
                claim("measured_timestamp_seconds", name="forgotten"): "0x400",
                claim("measured_timestamp_seconds", name="data"): "0+60x400",
            },
            {**WARNING, **OF_THE_EXPORT},
            "What some claim of the export main uses was last measured 6h 40m 0s ago.",
        ),
        id="one claim of two was measured more than six hours ago",
    ),
]

QUIET = [
    pytest.param(
        Row("NfsStewardClaimNearlyFull", 20, {claim("used_bytes"): "90x20", claim("capacity_bytes"): "100x20"}),
        id="nine tenths",
    ),
    pytest.param(
        Row(
            "NfsStewardClaimNearlyFull",
            20,
            {claim("used_bytes"): "95x20", claim("capacity_bytes", name="other"): "100x20"},
        ),
        id="another claim's size",
    ),
    pytest.param(
        Row(
            "NfsStewardClaimFillsUp",
            360,
            {claim("used_bytes"): "0+50000000x400", claim("capacity_bytes"): "100000000000x400"},
        ),
        id="72 GB a day into 82 GB",
    ),
    pytest.param(
        Row(
            "NfsStewardClaimFillsUp",
            360,
            {claim("used_bytes"): "0+60000000x400", claim("capacity_bytes"): "10000000000x400"},
        ),
        id="a claim that is over its size, as is told",
    ),
    pytest.param(
        Row(
            "NfsStewardClaimFillsUp",
            360,
            {
                claim("used_bytes", "export-a"): "0+500000000x180",
                claim("used_bytes", "export-b"): "_x181 1000000000x200",
                claim("capacity_bytes"): "100000000000x400",
            },
        ),
        id="what a controller that is gone saw grow was removed since",
    ),
    pytest.param(
        Row(
            "NfsStewardNamespaceNearQuota",
            20,
            {
                namespace("requested_bytes", "nfs"): "90x20",
                namespace("quota_bytes", "nfs"): "100x20",
                namespace("requested_bytes", "gold"): "99x20",
                namespace("quota_bytes", "gold"): "1000x20",
            },
        ),
        id="nine tenths, and more of another class that gives more",
    ),
    pytest.param(Row("NfsStewardExportFillsUp", 360, {free(): "100000000000-50000000x400"}), id="72 GB a day off 82"),
    pytest.param(
        Row(
            "NfsStewardExportFillsUp",
            360,
            {free("export-a"): "100000000000-500000000x180", free("export-b"): "_x181 100000000000x200"},
        ),
        id="what a controller that is gone saw fill up was emptied since",
    ),
    pytest.param(
        Row("NfsStewardFiguresOld", 400, {claim("measured_timestamp_seconds"): "3000x400"}), id="not six hours ago"
    ),
]
