"""The command `nfs-steward`: which subcommands there are, and how each one ends.

Exit codes: 0 done; 1 the answer is no (a denied manifest, a policy with problems); 2 it could not be done at all
(wrong usage, unreadable input, anything that raised a `StewardError`), with one line on standard error.
"""

import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

import click

from cli.failures import one_line
from policy.errors import StewardError

# Where each subcommand lives (its module's `command`) and what it is for. Modules are imported when their command
# is asked for, and only then: the webhook's workers shall not carry the testbed, nor the controller `rich`.
SUBCOMMANDS: Final = {
    "webhook": ("cli.webhook", "Answer the API server's admission reviews over HTTPS."),
    "controller": ("cli.controller", "Make directories and volumes match what the API holds."),
    "certs": ("cli.certs", "Issue the certificates that the webhook serves with."),
    "policy": ("cli.policy", "Check a policy file, or print its schema."),
    "explain": ("cli.explain", "Say what would be filled in on manifests, by which rule, and what is refused."),
    "status": ("cli.status", "Show namespaces, their quotas, and how much of their claims is really used."),
    "doctor": ("cli.doctor", "Say what is wrong with an installation or an export, and how to mend it."),
    "verify": ("cli.verify", "See whether a running nfs-steward fills in a claim."),
    "adopt": ("cli.adopt", "Take over from another provisioner of NFS volumes."),
    "archive": ("cli.archive", "List, restore and expire the archives of deleted volumes."),
    "uninstall": ("cli.uninstall", "Remove from a cluster what would block others once nfs-steward is gone."),
    "testbed": ("cli.testbed", "Start or end a real cluster with an NFS export on this machine."),
    "demo": ("cli.demo", "Play the story of NFS on Kubernetes, without and with nfs-steward."),
}


def present() -> dict[str, tuple[str, str]]:
    """The subcommands that are installed: the container image has none that starts a cluster."""
    return {name: entry for name, entry in SUBCOMMANDS.items() if find_spec(entry[0])}


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are asked for; a `StewardError` ends it with one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the subcommands, in the order in which they are told about."""
        return list(present())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; `None` where there is none of that name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        if cmd_name not in present():
            ctx.fail(f"`{cmd_name}` needs a checkout of nfs-steward; it is not in the container image.")
        command = import_module(SUBCOMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subcommands in `--help` without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in present().items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen subcommand; what it refuses becomes one line on standard error and exit code 2.

        What was attached to the refusal as notes, such as the end of a log, follows.
        """
        try:
            return super().invoke(ctx)
        except StewardError as refusal:
            click.echo(f"nfs-steward: {one_line(refusal)}", err=True)
            for note in getattr(refusal, "__notes__", ()):
                click.echo(note, err=True)
            ctx.exit(2)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="`nfs-steward COMMAND --help` shows examples of each.",
)
@click.version_option(version("nfs-steward"), prog_name="nfs-steward")
def command() -> None:
    """One label on a namespace, and every claim and Pod in it gets NFS storage that works."""


def main() -> None:
    """Run the command with this process's arguments; does not return."""
    sys.exit(command(prog_name="nfs-steward"))
