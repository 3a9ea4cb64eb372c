"""Options that several commands have, and how a row of options is added to a command."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Option: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]
"""What `click.option` returns: it adds the option to a function."""

kubeconfig_option: Final = click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="How to reach the cluster.  [default: $KUBECONFIG, else the Pod's own service account]",
)

text_or_json_option: Final = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)

table_or_json_option: Final = click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)

_INSTALLATION: Final = "nfs-steward"
"""What an installation and its namespace are called where nobody says otherwise."""

namespace_option: Final = click.option(
    "--namespace", default=_INSTALLATION, show_default=True, metavar="NAME", help="Where nfs-steward is installed."
)


POLICY_VARIABLE: Final = "NFS_STEWARD_POLICY"


def policy_option(default: str) -> Callable[[F], F]:
    """`--policy FILE`, as `policy_file`, for commands that can do without; `default` says by what they go then."""
    return click.option(
        "--policy",
        "policy_file",
        type=click.Path(path_type=Path),
        envvar=POLICY_VARIABLE,
        metavar="FILE",
        help=f"The policy to go by.  [env: {POLICY_VARIABLE}; default: {default}]",
    )


def name_option(purpose: str) -> Callable[[F], F]:
    """`--name`, what the installation is called; `purpose` is its help."""
    return click.option("--name", default=_INSTALLATION, show_default=True, metavar="NAME", help=purpose)


policy_name_option: Final = name_option(
    "What the installation is called; the name of its policy's ConfigMap begins with it."
)
"""`--name` of a command that needs it for nothing but the policy."""


def timeout_option(purpose: str) -> Callable[[F], F]:
    """`--timeout`, in seconds, of a command that tries again what may pass; `purpose` is its help."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help=purpose,
    )


def with_options(function: Callable[..., None], options: Sequence[Option]) -> Callable[..., None]:
    """`function` with these options, which `--help` lists in this order."""
    for option in reversed(options):
        function = option(function)
    return function
