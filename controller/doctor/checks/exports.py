"""Exports as they are mounted here: there, writable, and in the right hands."""

from collections.abc import Iterator, Mapping
from typing import Final

from controller.doctor.findings import Finding, Level
from controller.doctor.observed import ExportSeen, Observed
from controller.doctor.squash import Squash, gives_away, not_had, squash_of, wishes_on
from controller.export.outcomes import ExportState

_REACHES: Final = frozenset({ExportState.UNREACHABLE, ExportState.HANGING})
_FOR_OTHERS_TO_WRITE: Final = 0o002

_MEND: Final[Mapping[ExportState, str]] = {
    ExportState.UNREACHABLE: "findmnt PATH says whether it is mounted, and from where; showmount -e SERVER, or "
    "nc -z SERVER 2049, whether the server answers.",
    ExportState.HANGING: "The server does not answer, and the mount is hard: see to the server, or the network. Until "
    "then whatever touches the mount waits; only umount -f -l PATH frees it.",
    ExportState.READ_ONLY: "On the server: rw for this client in /etc/exports, then exportfs -ra; here: no ro among "
    "the mount options.",
    ExportState.FULL: "df and df -i on the server; make room, or raise the quota of the user that we act as.",
    ExportState.DENIED: "On the server: chown of the exported folder to the user that we act as. With root_squash "
    "root is taken for nobody: run controllers as the folder's owner, by the chart's value controller.runAsUser.",
}


def unreachable(observed: Observed) -> Iterator[Finding]:
    """An export is not there, or does not answer."""
    for export in observed.exports:
        if export.trouble and export.trouble.state in _REACHES:
            yield _trouble(export, "No directory can be made on it, and Pods that mount it do not start, or hang.")


def not_writable(observed: Observed) -> Iterator[Finding]:
    """An export is there, and nothing can be made on it."""
    for export in observed.exports:
        if export.trouble and export.trouble.state not in _REACHES:
            yield _trouble(export, "No directory can be made on it: claims stay Pending, Pods wait at their gates.")


def open_to_all(observed: Observed) -> Iterator[Finding]:
    """Anybody may write in an export's root, or in an exported folder."""
    seen = {str(export): export.root for export in observed.exports}
    for table in observed.tables:
        seen.update({f"{table.source}: {path}": folder for path, folder in table.folders.items()})
    for where, folder in seen.items():
        if folder and folder.state.mode & _FOR_OTHERS_TO_WRITE:
            yield Finding(
                Level.WARNING,
                where,
                f"Its root has mode {folder.state.mode:04o}: anybody may write in it.",
                "Whoever mounts it can put things in the way of new volumes and, without the sticky bit, rename and "
                "remove other teams'; nfs-steward gives directories owners of their own and needs no such mode.",
                "On the server: chmod 0755 on the exported folder itself, with the user that controllers act as for "
                "its owner.",
            )


def owned_by_another(observed: Observed) -> Iterator[Finding]:
    """An export's root belongs to a user that is neither root nor the one that controllers act as."""
    for export in observed.exports:
        owner = export.root.state.uid if export.root else 0
        if export.trial and _squash(export) and owner not in (0, export.trial.owner[0]):
            yield Finding(
                Level.WARNING,
                str(export),
                f"Its root belongs to uid {owner}; what we make belongs to uid {export.trial.owner[0]}.",
                f"Whoever runs as uid {owner} and mounts it may rename and remove every volume's directory.",
                f"Run controllers as uid {owner} (controller.runAsUser), or chown the folder on the server.",
            )


def everybody_is_one(observed: Observed) -> Iterator[Finding]:
    """A server takes all users for one (`all_squash`)."""
    for export in observed.exports:
        if _squash(export) is Squash.ALL and export.trial:
            yield Finding(
                Level.WARNING,
                str(export),
                f"all_squash: whoever makes something, it belongs to uid {export.trial.owner[0]}.",
                "Owners and modes protect nothing on it: every Pod is the same user.",
                "On the server: root_squash instead of all_squash, and exportfs -ra.",
            )


def root_is_root(observed: Observed) -> Iterator[Finding]:
    """A server lets root be root (`no_root_squash`), and nothing that is configured needs that."""
    for export in observed.exports:
        if _squash(export) is Squash.NOBODY and not gives_away(wishes_on(export.name, observed)):
            yield Finding(
                Level.WARNING,
                str(export),
                "no_root_squash: root of every client is root on it, and nothing here needs that.",
                "A Pod that runs as root owns every file of the export that it can mount. It is needed where "
                "directories are to belong to others: a gidRange, or uid and gid of `directories` or of a class.",
                "Either set those, or on the server: root_squash, and run controllers as the user that owns the "
                "folder (controller.runAsUser).",
            )


def ownership_not_given(observed: Observed) -> Iterator[Finding]:
    """Directories are to belong to somebody to whom the server does not let us give them."""
    for export in observed.exports:
        squash = _squash(export)
        if squash is None or export.trial is None:
            continue
        for wish in wishes_on(export.name, observed):
            refused = not_had(wish, export.trial)
            if refused:
                yield Finding(
                    Level.WARNING,
                    str(export),
                    f"{wish.who} ask for {' and '.join(refused)}, and the server does not let uid {export.trial.uid} "
                    f"give directories away ({squash}).",
                    f"Directories are made all the same, and belong to {export.trial.owner[0]}:"
                    f"{export.trial.owner[1]}; an Event (OwnershipIncomplete) says so each time.",
                    "Set uid and gid to these, or on the server no_root_squash for the nodes that run controllers.",
                )


def _trouble(export: ExportSeen, why: str) -> Finding:
    assert export.trouble is not None
    what = f"It is {export.trouble.state}: {export.trouble.why}."
    return Finding(Level.ERROR, str(export), what, why, _MEND[export.trouble.state].replace("PATH", export.path))


def _squash(export: ExportSeen) -> Squash | None:
    """None where that cannot be seen: nothing was made, or a file system of this machine is looked at."""
    return squash_of(export.trial) if export.trial and export.root and export.root.is_remote else None
