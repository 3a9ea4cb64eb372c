"""The options of `nfs-steward controller` that are about the webhook's certificate."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

import click

from cli.options import with_options
from cli.parameters import DurationType
from controller.certificates.options import CertificateOptions, Mode
from policy.durations import format_duration

_DEFAULT = CertificateOptions()

_OPTIONS = (
    click.option(
        "--certificates",
        "mode",
        type=click.Choice(["issue", "publish"]),
        help="Keep the webhook's certificate, and have the API server trust it: `issue` our own, or `publish` the "
        "authority of a Secret that somebody else fills. Without it neither is done. Needs --cluster.",
    ),
    click.option(
        "--certificate-secret",
        "secret",
        default=_DEFAULT.secret,
        show_default=True,
        metavar="NAME",
        help="The Secret with ca.crt, tls.crt and tls.key, in --namespace.",
    ),
    click.option(
        "--webhook",
        "service",
        default=_DEFAULT.service,
        show_default=True,
        metavar="NAME",
        help="The webhook's Service, in --namespace.",
    ),
    click.option(
        "--webhook-pods",
        "pods",
        default=_DEFAULT.pods,
        show_default=True,
        metavar="SELECTOR",
        help="The labels of the webhook's Pods, in --namespace.",
    ),
    click.option(
        "--webhook-configuration",
        "configuration",
        default=_DEFAULT.configuration,
        show_default=True,
        metavar="NAME",
        help="The MutatingWebhookConfiguration and ValidatingWebhookConfiguration that get the authority.",
    ),
    click.option(
        "--certificate-lifetime",
        "lifetime",
        type=DurationType(),
        default=format_duration(_DEFAULT.lifetime),
        show_default=True,
        help="How long a certificate is valid; it is renewed when two thirds are over.",
    ),
    click.option(
        "--authority-lifetime",
        type=DurationType(),
        default=format_duration(_DEFAULT.authority_lifetime),
        show_default=True,
        help="How long an authority is valid; its successor is published when two thirds are over.",
    ),
)


def certificate_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets them together as `certificates`; None: not to be kept."""

    @wraps(function)
    def collecting(  # noqa: PLR0913 # one for each option
        *leading: object,
        mode: Mode | None,
        secret: str,
        service: str,
        pods: str,
        configuration: str,
        lifetime: timedelta,
        authority_lifetime: timedelta,
        **its_own: object,
    ) -> None:
        kept = mode and CertificateOptions(mode, secret, service, pods, configuration, lifetime, authority_lifetime)
        function(*leading, certificates=kept, **its_own)

    return with_options(collecting, _OPTIONS)
