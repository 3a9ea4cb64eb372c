"""`nfs-steward demo`: the story of NFS on Kubernetes, played on a real cluster on this machine."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from runtime.stopping import stop_on_signals
from testbed.progress import Progress
from testbed.story.play import WITH_US, WITHOUT, play
from testbed.story.rows import Row
from testbed.story.stage import Stage
from testbed.story.table import listing, notes, story_table
from testbed.story.theatre import stage_in

_WIDTH_OF_FILES = 180  # columns, where the output is not a terminal


@click.command(
    epilog="""\b
Examples:
  nfs-steward demo
  nfs-steward demo --once -o json | jq '.[] | select(.ok | not)'
"""
)
@click.option("--once", is_flag=True, help="End when the story has been played, and tell by the status how it went.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where logs, kubeconfig, manifests and exported files go.  [default: a temporary folder]",
)
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to show it."
)
def command(once: bool, folder: Path | None, output: str) -> None:
    """Play the story of NFS on Kubernetes, without and with nfs-steward.

    Starts a control plane, an NFS server and a node on this machine (the first time their programs are fetched and
    built, which takes about 10 minutes), and creates the same manifests in two namespaces of which one has our label.
    Shows what became of each, then stays up until Ctrl-C.

    Ends with status 1 where anything came out differently from what it should; with REQUIRE_ALL=1 in the environment
    also where something could not be proven, because it could not be had on this machine.
    """
    place = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="nfs-steward-demo-"))
    progress = Progress()
    with stage_in(place, progress, strict=os.environ.get("REQUIRE_ALL") == "1") as stage:
        rows = play(stage, progress)
        show(rows, stage, output)
        if not once:
            _stay(place, stage, quietly=output == "json")
    if failed := status(rows):
        progress.say(f"not as it should be; logs are in {place}/logs")
    elif folder is None:
        shutil.rmtree(place, ignore_errors=True)
    raise click.exceptions.Exit(failed)


def status(rows: Sequence[Row]) -> int:
    """The exit status that tells how the story went: 0 where every row is as it should be."""
    return 0 if rows and all(row.ok for row in rows) else 1


def show(rows: Sequence[Row], stage: Stage, output: str) -> None:
    """Print the rows on standard output: as JSON, or for people, with the export as NFS shows it."""
    if output == "json":
        click.echo(json.dumps([row.as_json() for row in rows], indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_OF_FILES)
    console.print(story_table(rows))
    for note in notes(rows):
        console.print(note, markup=False)
    if entries := stage.entries():
        console.print("\nThe export as an NFS client sees it (mode, owner, group, size, path):", style="bold")
        console.print(listing(entries), markup=False)


def _stay(place: Path, stage: Stage, *, quietly: bool) -> None:
    """Say what to try, and return at Ctrl-C or SIGTERM."""
    stop = stop_on_signals()
    click.echo(
        f"""
The cluster stays up until Ctrl-C. In another shell:

  . {place}/env                       # KUBECONFIG={stage.kubectl.kubeconfig}
  kubectl get pods,pvc -A
  kubectl get pvc -n {WITH_US} no-class -o yaml    # what was filled in: nfs-steward.io/filled
  kubectl get events -n {WITH_US}
  diff -r {stage.folder}/{WITHOUT} {stage.folder}/{WITH_US}
  kubectl label namespace {WITHOUT} nfs-steward.io/inject=enabled    # and static-volume starts there, too
""",
        err=quietly,
    )
    stop.wait()
    click.echo(err=True)
