"""A controller for which all waiting about certificates is seconds. A program, not a module."""

import sys
from datetime import timedelta
from pathlib import Path

from controller.certificates.options import CertificateOptions
from controller.certificates.timing import CertificateTiming
from controller.options import ControllerOptions, Timing
from controller.program import run_controller

SETTLING = 4.0
TIMING = CertificateTiming(look=0.5, settling=SETTLING, retry_first=0.1, retry_longest=1.0)


def main(policy: str, name: str, namespace: str, seconds: str, health_port: str) -> int:
    """Keep the certificate of the webhook called `name`; `seconds` are both lifetimes, by a comma."""
    lifetime, authority_lifetime = (timedelta(seconds=float(each)) for each in seconds.split(","))
    options = ControllerOptions(
        policy=Path(policy),
        cluster=True,
        namespace=namespace,
        certificates=CertificateOptions(
            secret=f"{name}-tls",
            service=f"{name}-webhook",
            configuration=name,
            lifetime=lifetime,
            authority_lifetime=authority_lifetime,
        ),
        health_port=int(health_port),
        log_json=False,
        timing=Timing(certificates=TIMING),
    )
    return run_controller(options)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
