"""`nfs-steward uninstall`: what has to happen in a cluster before nfs-steward goes from it."""

from pathlib import Path

import click
import orjson

from cli.options import kubeconfig_option, name_option, namespace_option, text_or_json_option, timeout_option
from controller.removal import Installation, Removal, Step
from kube.connection import connect

_INCOMPLETE = 1


@click.command()
@name_option("What the webhook configurations are called; all other names begin with it.")
@namespace_option
@click.option(
    "--keep-secret", is_flag=True, help="Leave the webhook's Secret: its certificate is not nfs-steward's own."
)
@click.option("--dry-run", is_flag=True, help="Have the API server check everything, and change nothing.")
@timeout_option("How long to try again what fails for reasons that may pass.")
@kubeconfig_option
@text_or_json_option
def command(  # noqa: PLR0913 # one for each option
    *,
    name: str,
    namespace: str,
    keep_secret: bool,
    dry_run: bool,
    timeout: float,
    kubeconfig: Path | None,
    output: str,
) -> None:
    """Remove what would block others once nfs-steward is gone. `helm uninstall` runs this before it deletes anything.

    Deletes the webhook configurations first, then the controllers, and waits until these have ended; deletes the
    ResourceQuotas and LimitRanges that nfs-steward keeps, takes its scheduling gates off Pods and its finalizers off
    volumes, and deletes what hooks that failed have left and the webhook's Secret. Directories, volumes and claims stay
    as they are. May be run again at any time; without nfs-steward too, as the last resort.

    With -o json: {"dryRun", "complete", "steps": [{"deed", "kind", "namespace", "name", "outcome", "problem"}]};
    outcomes are `done`, `absent`, `lingering` (a Pod that was told to end and has not in time, such as on a node or an
    export that is gone), `contested` and `failed`.

    Exit code: 0 nothing is left to do, 1 something is, 2 it could not be begun.

    \b
    Examples:
      nfs-steward uninstall --dry-run
      nfs-steward uninstall --name nfs-steward --namespace storage
    """
    secret = None if keep_secret else f"{name}-webhook-tls"
    removal = Removal(connect(kubeconfig), Installation(name, namespace, secret), timeout, dry_run=dry_run)
    steps = []
    for step in removal.steps():
        steps.append(step)
        if output == "text":
            click.echo(_as_text(step, dry_run=dry_run))
    complete = all(step.holds for step in steps)
    if output == "json":
        click.echo(_as_json(steps, dry_run=dry_run, complete=complete))
    else:
        click.echo(_verdict(dry_run=dry_run, complete=complete))
    if not complete:
        click.get_current_context().exit(_INCOMPLETE)


def _as_text(step: Step, *, dry_run: bool) -> str:
    about = f"{step.kind} {step.namespace}/{step.name}" if step.namespace else f"{step.kind} {step.name}".strip()
    match step.outcome:
        case "absent":
            return f"{step.deed}: there is no {about}"
        case "done":
            return f"{step.deed}: {about}{' (dry run)' if dry_run else ''}"
        case outcome:
            return f"{step.deed}: {about}: {outcome}: {step.problem}"


def _verdict(*, dry_run: bool, complete: bool) -> str:
    if not complete:
        return "Something is left: see above, and run this again."
    if dry_run:
        return "Nothing was changed."
    return "Nothing is left that blocks anything. Directories, volumes and claims stay as they are."


def _as_json(steps: list[Step], *, dry_run: bool, complete: bool) -> str:
    told = [
        {
            "deed": step.deed,
            "kind": step.kind,
            "namespace": step.namespace,
            "name": step.name,
            "outcome": step.outcome,
            "problem": step.problem,
        }
        for step in steps
    ]
    return orjson.dumps({"dryRun": dry_run, "complete": complete, "steps": told}, option=orjson.OPT_INDENT_2).decode()
