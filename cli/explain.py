"""`nfs-steward explain`: what would become of manifests."""

from pathlib import Path

import click

from cli.explaining.manifests import read_manifests
from cli.explaining.report import as_json
from cli.explaining.submissions import submissions_of
from cli.explaining.surroundings import Assumptions, surroundings_in
from cli.explaining.verdicts import Verdict, verdicts_on
from cli.options import policy_option, table_or_json_option
from cli.parameters import LabelList
from cli.policyread import chart_policy, read_policy

_DENIED = 1


@click.command()
@click.option(
    "-f",
    "--filename",
    "files",
    required=True,
    multiple=True,
    metavar="FILE",
    help="Manifests to explain; - is standard input. May be repeated.",
)
@policy_option("the chart's own profile, and no managed export")
@click.option(
    "--namespace-labels",
    type=LabelList(),
    default="",
    help="Labels that every namespace has, over those of the Namespaces in the input.",
)
@click.option(
    "--cluster-default",
    metavar="CLASS",
    help="The cluster's default class, over those marked as default in the input.",
)
@click.option(
    "-n",
    "--namespace",
    default="default",
    show_default=True,
    metavar="NAME",
    help="The namespace of manifests that name none.",
)
@table_or_json_option
def command(
    files: tuple[str, ...],
    policy_file: Path | None,
    namespace_labels: dict[str, str],
    cluster_default: str | None,
    namespace: str,
    output: str,
) -> None:
    """Say what nfs-steward would fill in on manifests, by which rule of which profile, and what it leaves alone or
    refuses, and why. Runs the webhook's own code; talks to no cluster.

    Reads YAML and JSON with several documents and lists. Claims, volumes and Pods are explained; Deployments,
    StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs by the Pod and the first claims that would be made from
    them (a * stands for what is made up in a name). Namespaces, StorageClasses, CSIDrivers, claims, volumes and the
    ConfigMap nfs-steward-gids among the input are the cluster; classes and CSIDrivers it does not hold are taken to
    exist, a Namespace it does not hold counts as one without labels. What a manifest states is its author's, unless it
    carries managedFields.

    Where the input holds a claim's StorageClass and nfs-steward serves it, also says which directory the claim would
    get, with which mode and owner, and what becomes of the data when the claim is deleted; or why it would get none.
    What claims of a namespace may ask for in all is told with each of them; only the API server counts.

    With -o json: a list of {"kind", "namespace", "name", "allowed", "message", "patch", "warnings", "reasons",
    "directory"}, in the order of the input; "patch" is the JSON Patch on the object as given. "allowed" is false also
    where the API server refuses a workload for what its templates lack, since no webhook is asked about those.
    "directory" is null, {"places": [], "message": WHY NONE}, or {"places": [{"export", "server", "path", "mode",
    "uid", "gid"}], "message": "", "onDelete", "archiveFor"}: one place for each export that the class names. "gid" is
    "auto" for one of the namespace's own that the ConfigMap does not tell.

    Exit code: 0 all allowed, 1 some denied, 2 the input cannot be read.

    \b
    Examples:
      nfs-steward explain -f app.yaml --policy policy.yaml
      helm template app ./chart | nfs-steward explain -f - -n team-a \\
        --namespace-labels nfs-steward.io/inject=enabled
      nfs-steward explain -f namespace.yaml -f claim.yaml --cluster-default standard -o json
    """
    manifests = read_manifests(files)
    policy = read_policy(policy_file) if policy_file else chart_policy()
    assumed = Assumptions(namespace, namespace_labels, cluster_default)
    known = surroundings_in(manifests, policy, assumed)
    submissions = (submission for manifest in manifests for submission in submissions_of(manifest, namespace))
    verdicts = list(verdicts_on(submissions, known))
    _show(verdicts, output)
    if not all(verdict.allowed for verdict in verdicts):
        click.get_current_context().exit(_DENIED)


def _show(verdicts: list[Verdict], output: str) -> None:
    if output == "json":
        click.echo(as_json(verdicts))
        return
    from cli.explaining.table import print_table  # noqa: PLC0415  rich takes longer to import than JSON to print

    print_table(verdicts)
