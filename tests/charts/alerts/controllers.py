"""Alerts about controllers that nobody leads, and about exports that they cannot use."""

import pytest

from .row import OF_THE_EXPORT, WARNING, Row, told


def leading(duty: str, pod: str) -> str:
    return told("leading", pod, duty=duty)


def state(state: str, pod: str = "export-a") -> str:
    return told("export_state", pod, export="main", state=state)


LED = {leading("cluster", "cluster-a"): "1x20"}

FIRING = [
    pytest.param(
        Row(
            "NfsStewardDutyWithoutLeader",
            6,
            LED | {leading("export-main", pod): "0x20" for pod in ("export-a", "export-b")},
            {**WARNING, "duty": "export-main"},
            "No controller does the duty export-main.",
        ),
        id="neither of two controllers leads",
    ),
    pytest.param(
        Row(
            "NfsStewardExportFailing",
            6,
            {
                state("unreachable", "export-a"): "1x20",
                state("unreachable", "export-b"): "1x20",
                state("ok", "export-a"): "0x20",
            },
            {**WARNING, **OF_THE_EXPORT, "state": "unreachable"},
            "The export main is unreachable.",
        ),
        id="an export that is not reached by two controllers",
    ),
]

QUIET = [
    pytest.param(
        Row(
            "NfsStewardDutyWithoutLeader",
            20,
            LED | {leading("export-main", "export-a"): "1x9 0x11", leading("export-main", "export-b"): "0x12 1x8"},
        ),
        id="the lead passes to another within three minutes",
    ),
    pytest.param(
        Row("NfsStewardExportFailing", 20, {state("ok"): "1x20", state("unreachable"): "0x20"}), id="an export is well"
    ),
    pytest.param(
        Row("NfsStewardExportFailing", 19, {state("full"): "0x9 1x4 0x7", state("read-only"): "0x14 1x6"}),
        id="one state after another, none for five minutes",
    ),
]
