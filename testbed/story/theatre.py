"""A stage for the story from nothing: a testbed with an audit log, and nfs-steward running in it as its chart says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kube.connection import connect
from policy.model import DEFAULT_EXPORT_NAME
from policy.shapes import Json
from testbed.audit import audit_flags, audit_log
from testbed.bed import Testbed
from testbed.control_plane import ControlPlaneOptions
from testbed.export import NfsExport, PlainFolder
from testbed.parts import TestbedOptions
from testbed.product.product import Product
from testbed.progress import Progress
from testbed.stand_in import StandInNode
from testbed.story.audit import CREATIONS
from testbed.story.rows import Proof
from testbed.story.stage import Stage


@contextmanager
def stage_in(folder: Path, progress: Progress, *, strict: bool) -> Iterator[Stage]:
    """A stage in `folder`, which ends with the block. `strict`: rows that cannot be proven here count as failed.

    Raises `StewardError` where the control plane cannot be had or something does not start.
    """
    flags = ControlPlaneOptions(api_server=audit_flags(folder / "audit", CREATIONS))
    bed = Testbed.up(folder, TestbedOptions(control_plane=flags), progress)
    try:
        with progress.step("installing nfs-steward from its chart and starting its programs"):
            _start(Product(bed, chart_values(bed.export)))
        yield stage_on(bed, strict=strict)
    finally:
        with progress.step("ending everything that was started"):
            bed.down()


def stage_on(bed: Testbed, *, strict: bool = False) -> Stage:
    """The stage that a testbed is, if its API server writes `CREATIONS` into the audit log in its folder `audit`."""
    return Stage(
        client=connect(bed.kubeconfig),
        kubectl=bed.kubectl,
        export=bed.export,
        audit_log=audit_log(bed.folder / "audit"),
        folder=bed.folder / "story",
        proof=Proof(_lacking(bed), strict),
    )


def chart_values(export: NfsExport | PlainFolder) -> Json:
    """The chart's values for one export; all else is as the chart has it for everybody."""
    return {
        "exports": [
            {
                "name": DEFAULT_EXPORT_NAME,
                "server": export.server,
                "path": export.path,
                "mountOptions": list(export.mount_options),
            }
        ]
    }


def _start(product: Product) -> None:
    product.install()
    programs = (
        product.start_webhook(workers=2),
        product.start_controller("--cluster"),
        product.start_controller(f"--export={DEFAULT_EXPORT_NAME}={product.bed.export.root}"),
    )
    for program in programs:
        program.wait_ready()
    product.connect()


def _lacking(bed: Testbed) -> str:
    """Why Pods cannot mount the export here; '' where they can."""
    if isinstance(bed.export, PlainFolder):
        return "the export is a plain folder, which nothing serves"
    return "the node is a stand-in, on which nothing runs" if isinstance(bed.node, StandInNode) else ""
