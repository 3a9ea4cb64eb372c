"""What the command line says to the webhook."""

from dataclasses import dataclass
from pathlib import Path

from runtime.logs import Level
from webhook.answers import FailurePolicy


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """How one webhook process is run.

    `bind` is `ADDR:PORT`, an IPv6 address in brackets. `kubeconfig` None: `$KUBECONFIG`, else the Pod's own service
    account. `validate_failure_policy` is the `failurePolicy` of the ValidatingWebhookConfiguration.
    """

    policy: Path
    tls_dir: Path
    bind: str
    workers: int = 2
    kubeconfig: Path | None = None
    log_json: bool = True
    log_level: Level = "info"
    validate_failure_policy: FailurePolicy = "Fail"
