"""`nfs-steward doctor`: what is wrong with an installation or an export, and how to mend it."""

import time
from dataclasses import replace
from pathlib import Path

import click

from cli.findings import as_json, print_table
from cli.options import kubeconfig_option, name_option, namespace_option, policy_option, table_or_json_option
from cli.parameters import MountedExport
from cli.policyread import read_policy
from controller.doctor.examination import examine
from controller.doctor.findings import Report
from controller.doctor.looking import ClusterLook, blind
from controller.doctor.mounted import look_at_exports
from controller.doctor.observed import Installed, Observed, Part
from controller.doctor.tablelook import look_at_tables
from kube.connection import connect
from kube.errors import CredentialsInvalid
from policy.errors import StewardError
from policy.model import Policy

_SICK = 1


class NothingToLookAt(StewardError):
    """Neither a cluster, nor an export, nor an export table can be seen from here."""


@click.command()
@click.option(
    "--export",
    "exports",
    multiple=True,
    type=MountedExport(),
    help="Look at this export of the policy, which is mounted at PATH. May be repeated.",
)
@policy_option("the cluster's")
@click.option(
    "--exports-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The NFS server's export table.  [default: /etc/exports and /etc/exports.d, where they can be read]",
)
@name_option("What all names of the installation begin with.")
@namespace_option
@click.option(
    "--certificate-secret",
    "secret",
    metavar="NAME",
    help="The Secret with the webhook's certificate.  [default: the name of the installation, and -webhook-tls]",
)
@kubeconfig_option
@table_or_json_option
def command(  # noqa: PLR0913 # one for each option
    *,
    exports: tuple[tuple[str, Path], ...],
    policy_file: Path | None,
    exports_file: Path | None,
    name: str,
    namespace: str,
    secret: str | None,
    kubeconfig: Path | None,
    output: str,
) -> None:
    """Say what is wrong with an installation or an export, where, why it matters, and how to mend it.

    Looks at whatever can be seen from here, and says what cannot: run it where an administrator works, on the NFS
    server, or in the Pod of an export's controller. Nothing is changed. A claim is tried as a dry run; on an export a
    directory is made below .nfs-steward and removed again. What each finding means: docs/doctor.md.

    With -o json: {"healthy", "findings": [{"check", "level", "where", "what", "why", "mend"}], "unseen": [{"what",
    "why", "leftOut"}], "seen"}; levels are `error`, `warning` and `note`, and healthy means: no error.

    Exit code: 0 no error was found, 1 some were, 2 there was nothing to look at.

    \b
    Examples:
      nfs-steward doctor
      nfs-steward doctor --export main=/mnt/main --policy policy.yaml
      nfs-steward doctor --exports-file /etc/exports -o json
      kubectl -n nfs-steward exec deploy/nfs-steward-export-main -- nfs-steward doctor --export main=/exports/main \\
        --policy /etc/nfs-steward/policy/policy.yaml
    """
    policy = read_policy(policy_file) if policy_file else None
    tables = look_at_tables(exports_file)
    seen = _cluster(kubeconfig, Installed(name, namespace, secret or f"{name}-webhook-tls"), policy)
    if Part.CLOCK in seen.unseen and not exports and not tables:
        raise NothingToLookAt(f"nothing to look at from here: {seen.unseen[Part.CLOCK]}; no --export, no export table")
    _check_names(exports, seen)
    seen = replace(seen, exports=look_at_exports(dict(exports), seen), tables=tables)
    _show(examine(seen), output)


def _cluster(kubeconfig: Path | None, installed: Installed, policy: Policy | None) -> Observed:
    """What is seen of the cluster; without credentials that is nothing, unless they were named."""
    try:
        client = connect(kubeconfig)
    except CredentialsInvalid as problem:
        if kubeconfig:
            raise
        return blind(str(problem), installed, policy)
    return ClusterLook(client, installed, policy, time.sleep).look()


def _check_names(exports: tuple[tuple[str, Path], ...], seen: Observed) -> None:
    """Raises `UsageError` for an export that the policy lacks, if the policy was seen."""
    known = [export.name for export in seen.policy.exports]
    for name, _ in exports:
        if name not in known and Part.POLICY not in seen.unseen:
            raise click.UsageError(
                f"--export {name}: the policy has no such export, it has {', '.join(known) or 'none'}"
            )


def _show(report: Report, output: str) -> None:
    if output == "json":
        click.echo(as_json(report))
    else:
        print_table(report)
    if report.has_errors:
        click.get_current_context().exit(_SICK)
