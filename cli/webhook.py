"""`nfs-steward webhook`: the process that answers the API server."""

from datetime import timedelta
from pathlib import Path

import click

from cli.parameters import Address, AddressType, DurationType
from cli.processes import ProcessOptions, process_options
from webhook.answers import FailurePolicy
from webhook.options import WebhookOptions
from webhook.serving import run_webhook

_MOST_WORKERS = 64


@click.command()
@process_options
@click.option(
    "--tls-dir",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where tls.crt, tls.key and ca.crt are; read again when they change.",
)
@click.option(
    "--tls-wait",
    type=DurationType(),
    default="5m",
    show_default=True,
    help="How long to wait for files that can be served, at the start; nothing listens meanwhile.",
)
@click.option("--bind", type=AddressType(), default="127.0.0.1:8443", show_default=True, help="Where to listen.")
@click.option(
    "--workers",
    type=click.IntRange(1, _MOST_WORKERS),
    default=2,
    show_default=True,
    help="Processes that answer; one for each core that it may use.",
)
@click.option(
    "--validate-failure-policy",
    type=click.Choice(["Fail", "Ignore"]),
    default="Fail",
    show_default=True,
    help="The failurePolicy of the ValidatingWebhookConfiguration: what a review that cannot be carried out comes to.",
)
def command(
    process: ProcessOptions,
    *,
    tls_dir: Path,
    tls_wait: timedelta,
    bind: Address,
    workers: int,
    validate_failure_policy: FailurePolicy,
) -> None:
    """Answer the API server's admission reviews over HTTPS, until SIGTERM or SIGINT.

    /mutate fills in what authors left out, /validate refuses what a profile forbids; /healthz, /readyz and /metrics
    are for whoever looks after it.

    \b
    Examples:
      nfs-steward certs issue --dir tls --dns nfs-steward-webhook.nfs-steward.svc
      nfs-steward webhook --policy policy.yaml --tls-dir tls --bind 0.0.0.0:8443 --workers 2
    """
    options = WebhookOptions(
        policy=process.policy,
        tls_dir=tls_dir,
        tls_wait=tls_wait,
        bind=str(bind),
        workers=workers,
        namespace=process.namespace,
        kubeconfig=process.kubeconfig,
        log_json=process.log_json,
        log_level=process.log_level,
        validate_failure_policy=validate_failure_policy,
    )
    click.get_current_context().exit(run_webhook(options))
