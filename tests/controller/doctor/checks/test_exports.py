"""Exports as they are mounted."""

import pytest

from controller.doctor.observed import Observed
from controller.export.outcomes import ExportState, Unavailable
from tests.controller.doctor.objects import export, folder, policy, says, seen, storage_class, table, told, trial

GIDS = policy("{profiles: [{name: default}], exports: [{server: a, path: /x}], gidRange: {from: 5000, to: 6000}}")
NOBODY = 65534


def troubled(state: ExportState) -> Observed:
    return seen(exports=(export(trouble=Unavailable(state, "why")),))


def on(trial_made: object = None, **parts: object) -> Observed:
    root = parts.pop("root", folder())
    return seen(exports=(export(trial=trial_made, root=root),), **parts)


SQUASHED = trial(owner=NOBODY, gives_owner=False, gives_group=False)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("export-unreachable", on(trial()), [], id="there"),
        pytest.param("export-unreachable", troubled(ExportState.HANGING), ["hanging: why. The server"], id="hanging"),
        pytest.param("export-unreachable", troubled(ExportState.UNREACHABLE), ["findmnt /mnt says"], id="unreachable"),
        pytest.param("export-unreachable", troubled(ExportState.FULL), [], id="full, but there"),
        pytest.param("export-not-writable", troubled(ExportState.FULL), ["It is full: why"], id="full"),
        pytest.param("export-not-writable", troubled(ExportState.READ_ONLY), ["rw for this client"], id="read-only"),
        pytest.param("export-not-writable", troubled(ExportState.DENIED), ["controller.runAsUser"], id="denied"),
        pytest.param("export-not-writable", troubled(ExportState.HANGING), [], id="hanging is told by another check"),
        pytest.param("root-open-to-all", on(), [], id="mode 0755"),
        pytest.param(
            "root-open-to-all", on(root=folder(0o777)), ["export main (/mnt): Its root has mode 0777"], id="777"
        ),
        pytest.param("root-open-to-all", on(root=folder(0o775)), [], id="the group may write"),
        pytest.param(
            "root-open-to-all",
            seen(tables=(table("/a host(rw)", _a=folder(0o1777)),)),
            ["exports: /a: Its root has mode 1777"],
            id="an exported folder",
        ),
        pytest.param("root-owner", on(trial()), [], id="root's"),
        pytest.param("root-owner", on(SQUASHED, root=folder(uid=NOBODY)), [], id="ours"),
        pytest.param("root-owner", on(trial(), root=folder(uid=1000)), ["belongs to uid 1000"], id="somebody else's"),
        pytest.param(
            "root-owner", on(trial(), root=folder(uid=1000, file_system="ext4")), [], id="on the server itself"
        ),
        pytest.param("all-squash", on(trial(owner=NOBODY, others=NOBODY)), ["all_squash"], id="all are one"),
        pytest.param("all-squash", on(SQUASHED), [], id="only root is another"),
        pytest.param("no-root-squash", on(trial()), ["no_root_squash: root of every client"], id="root, for nothing"),
        pytest.param("no-root-squash", on(SQUASHED), [], id="not root"),
        pytest.param("no-root-squash", on(trial(), policy=GIDS), [], id="root, for a gid for each namespace"),
        pytest.param(
            "no-root-squash",
            on(trial(), classes=(storage_class(parameters={"uid": "1000"}),)),
            [],
            id="root, for a class's uid",
        ),
        pytest.param("no-root-squash", on(trial(), root=folder(file_system="ext4")), [], id="root of this machine"),
        pytest.param("ownership-not-given", on(trial(), policy=GIDS), [], id="whatever is asked for"),
        pytest.param(
            "ownership-not-given",
            on(SQUASHED, policy=GIDS),
            ["directories of export main ask for uid 0 and a gid for each namespace"],
            id="refused: uid 0, and gids",
        ),
        pytest.param(
            "ownership-not-given",
            on(trial(uid=1000, owner=1000, gives_owner=False, gives_group=False)),
            ["ask for uid 0 and gid 0, and the server does not let uid 1000 give directories away (not all_squash"],
            id="refused to a user",
        ),
    ],
)
def test_exports(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
