"""`nfs-steward status`: what namespaces may ask for, and what their claims really use."""

from datetime import UTC, datetime
from pathlib import Path

import click

from cli.options import kubeconfig_option, name_option, namespace_option, policy_option, table_or_json_option
from cli.policyread import read_policy
from cli.standing.document import as_json
from cli.standing.looking import Asked, Look
from cli.standing.summary import summarize
from kube.connection import connect


@click.command()
@click.argument("only", metavar="[NAMESPACE]", default="")
@policy_option("the cluster's")
@name_option("What all names of the installation begin with.")
@namespace_option
@kubeconfig_option
@table_or_json_option
def command(
    *,
    only: str,
    policy_file: Path | None,
    name: str,
    namespace: str,
    kubeconfig: Path | None,
    output: str,
) -> None:
    """Show namespaces with their profiles and quotas, how much of each claim is really used, and the exports.

    Of all opted-in namespaces, and of others whose claims have volumes of nfs-steward's; or of NAMESPACE alone. Figures
    are those that the controllers wrote last on the volumes: a change of less than 1 % of a claim's size may not be
    among them for some hours. Nothing is written. What the user may not read is left out, and said; who may read no
    more than the objects of one namespace still sees its quota, and what its claims say of themselves.

    With -o json: {"namespaces": [{"name", "optedIn", "profile", "overQuota", "quota": [{"class", "storage", "claims"}],
    "claims": [{"name", "class", "phase", "capacityBytes", "usedBytes", "usedFiles", "usedPercent", "measuredAt",
    "overQuota", "told"}]}], "exports": [{"name", "state", "freeBytes", "oldestMeasurement", "fileSystem"}], "unseen":
    [{"what", "why"}]}. "fileSystem" is that of an export whose controller is on its server. "storage" and "claims" of a
    quota are {"hard", "used"} or null; sizes are in bytes, times in RFC 3339; what is not known is null.

    \b
    Examples:
      nfs-steward status
      nfs-steward status team-a
      nfs-steward status -o json | jq '.namespaces[].claims[] | select(.usedPercent > 90) | .name'
    """
    given = read_policy(policy_file) if policy_file else None
    client = connect(kubeconfig)
    summary = summarize(Look(client, Asked(only, name, namespace, given)).look())
    if output == "json":
        click.echo(as_json(summary))
        return
    from cli.standing.table import print_summary  # noqa: PLC0415  rich takes longer to import than JSON to print

    print_summary(summary, datetime.now(UTC))
