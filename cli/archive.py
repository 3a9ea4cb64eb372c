"""`nfs-steward archive`: the data of deleted volumes that was archived on an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import click

from cli.archiving.listing import as_json, print_archives
from cli.archiving.restored import Restored
from cli.options import (
    kubeconfig_option,
    namespace_option,
    policy_name_option,
    policy_option,
    table_or_json_option,
    text_or_json_option,
)
from cli.parameters import AgeType, MountedExport
from cli.policyread import read_policy
from cli.wording import counted
from controller.clusterpolicy import cluster_policy
from controller.export.archive_record import ArchiveRecord, is_expired
from controller.export.archives import Archive, give_up, group_at, list_archives, restore
from controller.export.limits.limits import Limits
from controller.export.operations import SystemCalls
from controller.export.outcomes import Blocked, Disturbed, Missing, Moved, Outcome, Unavailable
from controller.export.requests import Limit
from controller.restoring import CannotRestore, check_unused, group_of_pods, limit_to_restore, place_to_restore
from kube import resources
from kube.client import Client
from kube.connection import connect
from kube.errors import NotFound
from policy.exports import ManagedExports, Segments
from policy.model import Policy

_SOMETHING_LEFT: Final = 1

_export_option: Final = click.option(
    "--export",
    "mounted",
    required=True,
    type=MountedExport(),
    envvar="NFS_STEWARD_EXPORT",
    show_envvar=True,
    help="The export's name in the policy, and where it is mounted here.",
)


@click.group()
def command() -> None:
    """List, restore and expire archives: what is left of volumes whose classes say `onDelete: archive`.

    Runs where the export is mounted: in the Pod of the export's controller, which needs no options,
    `kubectl -n nfs-steward exec deploy/nfs-steward-export-main -- nfs-steward archive list`, or elsewhere with
    `--export NAME=PATH`, as the user whom the controller runs as.
    """


@command.command(name="list", short_help="List the archives of an export.")
@_export_option
@table_or_json_option
def list_(mounted: tuple[str, Path], output: str) -> None:
    """List the archives of an export: of which claim, of what size, since when and until when.

    With -o json: a list of {"name", "namespace", "claim", "volume", "capacity", "archivedAt", "keptUntil",
    "directory"}, times in RFC 3339, keptUntil null for ever; {"name", "problem"} where nobody can say.

    \b
    Examples:
      kubectl -n nfs-steward exec deploy/nfs-steward-export-main -- nfs-steward archive list
      nfs-steward archive list --export main=/mnt/data -o json
    """
    _, root = mounted
    _show(list_archives(root), output)


@command.command(name="restore", short_help="Give an archive's data back to a claim.")
@click.argument("archive")
@click.option("--to", required=True, metavar="NAMESPACE/CLAIM", help="The claim, bound to an empty volume of ours.")
@_export_option
@policy_option("the one that is installed in the cluster")
@policy_name_option
@namespace_option
@kubeconfig_option
@text_or_json_option
def restore_(  # noqa: PLR0913 # one for each option
    *,
    archive: str,
    to: str,
    mounted: tuple[str, Path],
    policy_file: Path | None,
    name: str,
    namespace: str,
    kubeconfig: Path | None,
    output: str,
) -> None:
    """Give the data of ARCHIVE back to a claim that is bound to a volume of nfs-steward's on the same export.

    Make the claim first, of the size that it shall have, and do not start the Pod yet. The data then takes the place of
    the volume's directory, which has to be empty, by one rename: mode and owner come along, nothing is copied, and
    the archive is gone. Nothing is created or changed in the API.

    With -o json: {"archive", "namespace", "claim", "export", "directory", "group", "groupOfPods"}, the last two gids:
    that of what was given back, and the one that Pods get with the claim; null where nobody can say.

    Exit code: 0 it is there, 2 it could not be done: the message says why, and nothing is lost.

    \b
    Example:
      nfs-steward archive restore team-a_data_0b0a…_20260102T030405Z --to team-a/data
    """
    export, root = mounted
    client = connect(kubeconfig)
    policy = read_policy(policy_file) if policy_file else cluster_policy(client, name, namespace)
    target = _target(client, policy, export, to)
    segments, limits = target.segments, Limits(SystemCalls(), root)
    hold = partial(limits.hold_restored, limit=target.limit) if target.local else None
    outcome = restore(root, archive, segments, hold=hold)
    if not isinstance(outcome, Moved):
        raise CannotRestore(f"{archive}: {_why_not(outcome)}")
    group = group_at(root, segments)
    restored = Restored(archive, to, export, root, "/".join(segments), group, target.group_of_pods)
    click.echo(restored.as_json() if output == "json" else str(restored))


@command.command(short_help="Let archives go.")
@click.option(
    "--older-than",
    type=AgeType(),
    help="Those as well that were archived so long ago, such as 30d or 720h, however long they were to be kept.",
)
@click.option("--dry-run", is_flag=True, help="Only list them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_export_option
@table_or_json_option
def expire(older_than: timedelta | None, dry_run: bool, yes: bool, mounted: tuple[str, Path], output: str) -> None:
    """Let archives go whose time is over; the controller does so by itself. Lists them, then asks.

    Their files are removed by the export's controller in the background. An archive whose record cannot be read is
    never let go.

    With -o json: the list of what goes, as `archive list` has it.

    Exit code: 0 they are gone, or there are none; 1 some are still there.

    \b
    Examples:
      nfs-steward archive expire --dry-run
      nfs-steward archive expire --older-than 90d
    """
    _, root = mounted
    chosen = [each for each in list_archives(root) if _goes(each, datetime.now(UTC), older_than)]
    _show(chosen, output)
    if dry_run or not chosen:
        return
    question = f"Remove {counted(len(chosen), 'archive')} for good?"
    gone = [each for each in chosen if _is_gone(root, each)] if yes or click.confirm(question, err=True) else []
    if len(gone) < len(chosen):
        click.get_current_context().exit(_SOMETHING_LEFT)


def _show(archives: Sequence[Archive], output: str) -> None:
    if output == "json":
        click.echo(as_json(archives))
    else:
        print_archives(archives)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where an archive's data goes, and what it is held to there; `local`: by this machine's file system.
    `group_of_pods`: the gid of those that will use it, None for none.
    """

    segments: Segments
    limit: Limit | None
    local: bool
    group_of_pods: int | None


def _target(client: Client, policy: Policy, export_name: str, to: str) -> _Target:
    """The directory of the claim's volume; raises `CannotRestore`."""
    namespace, _, claim_name = to.partition("/")
    exports = ManagedExports(policy.exports)
    export = exports.named(export_name)
    if export is None:
        known = ", ".join(each.name for each in exports.exports) or "none"
        raise CannotRestore(f"the policy has no export {export_name}, it has {known}")
    try:
        claim = client.get(resources.CLAIMS, claim_name, namespace)
    except NotFound:
        raise CannotRestore(f"there is no claim {to}: create it first, in a class of nfs-steward's") from None
    volumes = tuple(client.list(resources.VOLUMES).items)
    segments = place_to_restore(claim, volumes, export, exports)
    check_unused(claim, client.list(resources.PODS, namespace).items)
    limit = limit_to_restore(claim, volumes)
    return _Target(segments, limit, export.local is not None, group_of_pods(claim, volumes))


def _why_not(outcome: Outcome) -> str:
    match outcome:
        case Missing():
            return "there is no such archive on this export"
        case Blocked(why) | Disturbed(why) | Unavailable(_, why):
            return why
        case _:
            return f"unexpected: {outcome}"


def _goes(archive: Archive, now: datetime, older_than: timedelta | None) -> bool:
    """Whether an archive's time is over; nobody knows without its record."""
    record = archive.record
    if not isinstance(record, ArchiveRecord):
        return False
    return is_expired(record, now) or (older_than is not None and now - record.archived_at >= older_than)


def _is_gone(root: Path, archive: Archive) -> bool:
    """Give an archive up, and say so where that cannot be done."""
    outcome = give_up(root, archive.name)
    if isinstance(outcome, Moved | Missing):
        return True
    click.echo(f"{archive.name}: {_why_not(outcome)}", err=True)
    return False
