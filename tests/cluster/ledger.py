"""What the ledger of gids says."""

from kube import resources
from kube.client import Client
from policy import keys
from policy.gids import read_ledger
from policy.shapes import text
from testbed.product.chart import NAMESPACE


def gid_of(client: Client, namespace: str) -> int | None:
    """The gid of a namespace; None: it has none (yet)."""
    uid = text(client.get(resources.NAMESPACES, namespace), "metadata", "uid") or ""
    ledgers = client.list(resources.CONFIG_MAPS, NAMESPACE, field_selector=f"metadata.name={keys.GID_LEDGER}").items
    return next((read_ledger(each).gid_of(namespace, uid) for each in ledgers), None)
