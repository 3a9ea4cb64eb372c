"""`nfs-steward adopt`: taking over from another provisioner of NFS volumes."""

from pathlib import Path

import click

from cli.adopting.report import as_json
from cli.adopting.table import print_plan
from cli.options import kubeconfig_option, namespace_option, policy_name_option, policy_option, table_or_json_option
from cli.policyread import read_policy
from cli.wording import counted
from controller.adoption.effects import Step, carry_out
from controller.adoption.observed import observe
from controller.adoption.plan import Plan, plan_adoption
from controller.clusterpolicy import cluster_policy
from kube.connection import connect

_SOMETHING_LEFT = 1


@click.command()
@click.option(
    "--provisioner",
    required=True,
    metavar="NAME",
    help="Whom to take over from: what its StorageClasses say, such as k8s-sigs.io/nfs-subdir-external-provisioner.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan, have the API server check it, and change nothing.")
@click.option("--yes", is_flag=True, help="Carry out the plan without asking.")
@click.option("--force", is_flag=True, help="Take over volumes although the other provisioner still runs.")
@policy_option("the one that is installed in the cluster")
@policy_name_option
@namespace_option
@kubeconfig_option
@table_or_json_option
def command(  # noqa: PLR0913 # one for each option
    *,
    provisioner: str,
    dry_run: bool,
    yes: bool,
    force: bool,
    policy_file: Path | None,
    name: str,
    namespace: str,
    kubeconfig: Path | None,
    output: str,
) -> None:
    """Take over from another provisioner of NFS volumes. Shows a plan, then asks. docs/moving-in.md walks through it.

    Volumes of that provisioner on a managed export become nfs-steward's, and what becomes of their data is written on
    them, as it was until now: by each volume's class (archiveOnDelete, onDelete), or by the volumeHandle of
    csi-driver-nfs. Claims, Pods, mounts and directories are not touched. A volume that cannot be taken over is named
    with the reason. May be run again at any time: what is done is not done again.

    Needs the rights to list volumes, claims, classes, Deployments and Pods, and to patch volumes: an administrator's.

    With -o json: {"provisioner", "dryRun", "complete", "running": [{"kind", "namespace", "name", "stop"}],
    "newClaims": {"served", "who", "remedy", "waiting", "unread"}, "stillNeeded", "classes": [{"name", "understood",
    "why" | "onDelete", "archiveFor"}], "volumes": [{"name", "claim", "place", "takenOver", "why", "remedy" |
    "onDelete", "archiveFor", "atOnce", "sharers", "outcome", "problem"}]}; outcomes are `done`, `gone`, `changed`,
    `failed`, and null where nothing was tried.

    Exit code: 0 nothing is left to do, 1 something is: it is told; 2 it could not be begun.

    \b
    Examples:
      nfs-steward adopt --provisioner k8s-sigs.io/nfs-subdir-external-provisioner --dry-run
      nfs-steward adopt --provisioner nfs.csi.k8s.io --yes -o json
    """
    client = connect(kubeconfig)
    policy = read_policy(policy_file) if policy_file else cluster_policy(client, name, namespace)
    plan = plan_adoption(observe(client, provisioner), policy)
    if output == "table":
        print_plan(plan)
    held_back = bool(plan.runners) and not force
    wanted = dry_run or (not held_back and (yes or _agreed(plan)))
    steps = list(carry_out(client, plan, dry_run=dry_run)) if wanted else []
    complete = wanted and not held_back and not plan.leaves_something and all(step.holds for step in steps)
    if output == "json":
        click.echo(as_json(plan, {step.volume: step for step in steps}, dry_run=dry_run, complete=complete))
    else:
        _tell_problems(steps)
        click.echo(f"{_done(steps, dry_run=dry_run)} {_left(held_back=held_back, complete=complete)}")
    if not complete:
        click.get_current_context().exit(_SOMETHING_LEFT)


def _agreed(plan: Plan) -> bool:
    """Ask on standard error, so that standard output stays what was asked for; there may be nothing to ask about."""
    if not plan.taken_over:
        return True
    question = f"Take over {counted(len(plan.taken_over), 'volume')}?"
    at_once = sum(each.at_once for each in plan.taken_over)
    if at_once:
        question += f" {at_once} without a claim: what is planned for their data is done at once."
    return click.confirm(question, err=True)


def _tell_problems(steps: list[Step]) -> None:
    for step in steps:
        if not step.holds:
            click.echo(f"volume {step.volume}: {step.outcome}: {step.problem}")


def _done(steps: list[Step], *, dry_run: bool) -> str:
    volumes = counted(sum(step.holds for step in steps), "volume")
    return f"Nothing was changed; {volumes} can be taken over." if dry_run else f"{volumes} taken over."


def _left(*, held_back: bool, complete: bool) -> str:
    if held_back:
        return "The other provisioner still runs: stop it first, by the command above, or say --force."
    return "That is all there is." if complete else "The rest is for you to see to: look above, then run this again."
