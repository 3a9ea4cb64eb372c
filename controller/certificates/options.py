"""What the certificate duty is told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from policy.errors import StewardError

Mode: TypeAlias = Literal["issue", "publish"]
"""`issue`: authority and certificate are ours. `publish`: somebody else's Secret; only its authority is published."""

COMPONENT_PODS: Final = "app.kubernetes.io/component=webhook"


class LifetimesInvalid(StewardError):
    """The lifetimes do not go together."""


@dataclass(frozen=True, slots=True)
class CertificateOptions:
    """`secret` holds certificate and authority; `service` is the webhook's Service, `pods` the label selector of the
    Pods behind it, all three in the installation's namespace. `configuration` is the name of the webhook
    configurations, both kinds. Renewal is at two thirds of each lifetime.

    Raises `LifetimesInvalid` for an authority that would not outlive the certificates it signs.
    """

    mode: Mode = "issue"
    secret: str = "nfs-steward-webhook-tls"
    service: str = "nfs-steward-webhook"
    pods: str = COMPONENT_PODS
    configuration: str = "nfs-steward"
    lifetime: timedelta = timedelta(days=90)
    authority_lifetime: timedelta = timedelta(days=5 * 365)

    def __post_init__(self) -> None:
        if self.authority_lifetime <= self.lifetime:
            raise LifetimesInvalid("an authority must live longer than the certificates that it signs")
