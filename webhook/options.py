"""What the command line says to the webhook."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from runtime.logs import Level
from webhook.answers import FailurePolicy


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """How one webhook process is run.

    `bind` is `ADDR:PORT`, an IPv6 address in brackets. `tls_wait` is how long to wait for the first certificate.
    `namespace` is where nfs-steward is installed. `kubeconfig` None: `$KUBECONFIG`, else the Pod's own service account.
    `validate_failure_policy` is the `failurePolicy` of the ValidatingWebhookConfiguration.
    """

    policy: Path
    tls_dir: Path
    bind: str
    tls_wait: timedelta = timedelta(minutes=5)
    workers: int = 2
    namespace: str = "nfs-steward"
    kubeconfig: Path | None = None
    log_json: bool = True
    log_level: Level = "info"
    validate_failure_policy: FailurePolicy = "Fail"
