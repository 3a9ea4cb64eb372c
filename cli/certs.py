"""`nfs-steward certs`: the certificates that the webhook serves with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from certs.files import AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE
from certs.issuing import issue_into, renew_into
from certs.names import ServingNames

_LONGEST_DAYS = 3650


@click.group()
def command() -> None:
    """Issue the certificates that the webhook serves with."""


@command.command(short_help="Make an authority, and a certificate signed by it.")
@click.option(
    "--dir",
    "directory",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the files go; made if missing. The webhook's --tls-dir.",
)
@click.option("--dns", multiple=True, metavar="NAME", help="A DNS name the webhook is called by. May be repeated.")
@click.option("--ip", multiple=True, metavar="ADDR", help="An IP address it is called by. May be repeated.")
@click.option(
    "--days",
    type=click.IntRange(1, _LONGEST_DAYS),
    default=365,
    show_default=True,
    help="How long authority and certificate are valid.",
)
@click.option("--renew", is_flag=True, help="Replace the files that are there.")
def issue(directory: Path, dns: tuple[str, ...], ip: tuple[str, ...], days: int, renew: bool) -> None:
    """Make an authority and a serving certificate signed by it: ca.crt, tls.crt and tls.key.

    The authority's key is not kept: nothing on disk can sign for another name, and every issue makes a new authority.
    Files that are there are left alone unless --renew is given; then ca.crt holds the new authority and the one that
    signed the certificate replaced, so that clients trust the webhook before and after it reads the new files.
    A running webhook takes them up by itself.

    \b
    Examples:
      nfs-steward certs issue --dir tls --dns nfs-steward-webhook.nfs-steward.svc
      nfs-steward certs issue --dir tls --dns localhost --ip 127.0.0.1 --days 30
      nfs-steward certs issue --dir tls --dns localhost --ip 127.0.0.1 --renew
    """
    write = renew_into if renew else issue_into
    names = ServingNames.parse(dns, ip)
    write(directory, names, timedelta(days=days), lambda: datetime.now(UTC))
    click.echo(f"{directory}: wrote {AUTHORITY_FILE}, {CERTIFICATE_FILE} and {KEY_FILE}, valid for {days} days")
