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
