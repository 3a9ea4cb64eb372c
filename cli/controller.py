"""`nfs-steward controller`: the process that makes exports and API match."""

from pathlib import Path

import click

from cli.certificates import certificate_options
from cli.parameters import Address, AddressType, MountedExport
from cli.processes import ProcessOptions, process_options
from controller.certificates.options import CertificateOptions
from controller.options import ControllerOptions
from controller.program import run_controller


@click.command()
@process_options
@click.option(
    "--cluster", is_flag=True, help="Do what needs no export: give classes and mount options that are missing."
)
@click.option(
    "--export",
    "exports",
    multiple=True,
    type=MountedExport(),
    help="Do what needs this export of the policy, which is mounted at PATH. May be repeated.",
)
@certificate_options
@click.option(
    "--health-bind",
    type=AddressType(),
    default="127.0.0.1:0",
    show_default=True,
    help="Where /healthz, /readyz and /metrics are served; port 0 is a free one, which the log tells.",
)
def command(
    process: ProcessOptions,
    cluster: bool,
    exports: tuple[tuple[str, Path], ...],
    health_bind: Address,
    certificates: CertificateOptions | None,
) -> None:
    """Make directories, volumes and claims match the policy, until SIGTERM or SIGINT.

    One program for two kinds of duties: --cluster for the whole cluster, --export for one export. Each duty has a
    Lease, so that any number of replicas may run; run exports in processes of their own, and one that hangs holds up
    nothing else.

    \b
    Examples:
      nfs-steward controller --policy policy.yaml --cluster --certificates issue
      nfs-steward controller --policy policy.yaml --export main=/mnt/main
    """
    options = ControllerOptions(
        policy=process.policy,
        cluster=cluster,
        exports=_by_name(exports),
        kubeconfig=process.kubeconfig,
        namespace=process.namespace,
        certificates=certificates,
        health_host=health_bind.host,
        health_port=health_bind.port,
        log_json=process.log_json,
        log_level=process.log_level,
    )
    click.get_current_context().exit(run_controller(options))


def _by_name(exports: tuple[tuple[str, Path], ...]) -> dict[str, Path]:
    by_name = dict(exports)
    if len(by_name) < len(exports):
        raise click.UsageError("--export: each export can be given once only")
    return by_name
