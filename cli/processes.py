"""What the commands that start a process of ours have in common: their options for policy, cluster and log."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import click

from cli.options import kubeconfig_option, with_options
from runtime.logs import Level


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """What those options said. `namespace` is where nfs-steward is installed. `kubeconfig` None: `$KUBECONFIG`, else
    the Pod's own service account.
    """

    policy: Path
    kubeconfig: Path | None
    namespace: str
    log_json: bool
    log_level: Level


_OPTIONS = (
    click.option(
        "--policy",
        "policy_file",
        required=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The policy; read again when it changes.",
    ),
    kubeconfig_option,
    click.option(
        "--namespace",
        default="nfs-steward",
        show_default=True,
        metavar="NAME",
        help="Where nfs-steward is installed: its Leases, its ledger of gids, the webhook's Secret and Pods.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["json", "text"]),
        default="json",
        show_default=True,
        help="A JSON object or a line of text for each line of the log, on standard error.",
    ),
    click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="info",
        show_default=True,
        help="The least important lines that are logged.",
    ),
)


def process_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets them together as its first argument."""

    @wraps(function)
    def collecting(
        policy_file: Path, kubeconfig: Path | None, namespace: str, log_format: str, log_level: Level, **its_own: object
    ) -> None:
        options = ProcessOptions(policy_file, kubeconfig, namespace, log_format == "json", log_level)
        function(options, **its_own)

    return with_options(collecting, _OPTIONS)
