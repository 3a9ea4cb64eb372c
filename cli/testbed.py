"""`nfs-steward testbed`: a real cluster on this machine, for those who want to try things out at a shell."""

import os
from pathlib import Path

import click

from testbed import record
from testbed.bed import Testbed
from testbed.control_plane import ControlPlaneOptions
from testbed.errors import TestbedError
from testbed.image.image import obtain_image
from testbed.node.guest_shell import GuestShell
from testbed.node.loading import load_images
from testbed.parts import Substitutions, TestbedOptions
from testbed.preparation import prepare
from testbed.progress import Progress

_DIR = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The testbed's folder: logs, kubeconfig, exported files.",
)


@click.group()
def command() -> None:
    """Start or end a real cluster with an NFS export on this machine.

    etcd and Kubernetes' control plane as processes, nfs-ganesha serving a folder, and a node: kubelet and containerd
    in a User-Mode Linux guest, where Pods really mount NFS and run. Several testbeds can be up side by side.
    """


@command.command(
    epilog="""\b
Examples:
  nfs-steward testbed up --dir /tmp/bed
  . /tmp/bed/env && kubectl get nodes && nfs-ls "$NFS_URL"
  nfs-steward testbed up --dir /tmp/bed --no-node \\
      --flag kube-controller-manager=--kube-api-qps=500
  nfs-steward testbed down --dir /tmp/bed
"""
)
@_DIR
@click.option("--no-node", is_flag=True, help="No node: a Ready Node object stands in, and no Pod runs.")
@click.option("--no-nfs-server", is_flag=True, help="No NFS server: the export is a plain folder.")
@click.option("--pod-network", is_flag=True, help="Let the API server and Pods on the node reach each other.")
@click.option(
    "--flag",
    "flags",
    multiple=True,
    metavar="PROGRAM=FLAG",
    help="A flag for etcd, kube-apiserver, kube-controller-manager or kube-scheduler; may be repeated.",
)
def up(folder: Path, no_node: bool, no_nfs_server: bool, pod_network: bool, flags: tuple[str, ...]) -> None:
    """Start a testbed; returns when all of it is ready, and leaves it running.

    The first time takes about 10 minutes: the Kubernetes programs are built. With REQUIRE_ALL=1 in the environment,
    a part that cannot be had on this machine is an error; else something simpler stands in, and the output says so.
    """
    options = TestbedOptions(
        node=not no_node,
        nfs_server=not no_nfs_server,
        pod_network=pod_network,
        require_all=_require_all(),
        control_plane=_control_plane_options(flags),
    )
    bed = Testbed.up(folder, options)
    bed.detach()
    click.echo(f"ready: `. {bed.folder}/env` sets KUBECONFIG and PATH; logs are in {bed.logs}")


@command.command("prepare", epilog="Example:  nfs-steward testbed prepare")
def prepare_() -> None:
    """Fetch and build what testbeds need, and the image, and start nothing.

    What is built or fetched is kept in ~/.cache/nfs-steward; where it is there already, this takes no time.
    """
    prepare(Substitutions(_require_all(), Progress()))


@command.command(
    epilog="""\b
Examples:
  nfs-steward testbed image
  nfs-steward testbed image --target quota | xargs ctr --namespace k8s.io images import
"""
)
@click.option("--target", default="", help="A stage of the Dockerfile.  [default: its last]")
def image(target: str) -> None:
    """Build the container image from the Dockerfile on a machine without an engine; prints the archive's path.

    It needs root and a Debian mirror. The archive is as `docker save` writes it. Its base is made of packages from the
    machine's own mirror, so it is for this machine: build what you publish with an engine.
    """
    click.echo(obtain_image(Progress(), target).archive)


@command.command(epilog="Example:  nfs-steward testbed down --dir /tmp/bed")
@_DIR
def down(folder: Path) -> None:
    """End the testbed of a folder, and exactly what it started; its logs and exported files stay."""
    was_running = record.end(folder.absolute())
    click.echo("ended" if was_running else "it had ended already; what it left was cleared away")


@command.command(
    "exec",
    context_settings={"ignore_unknown_options": True},
    epilog="Example:  nfs-steward testbed exec --dir /tmp/bed grep nfs /proc/mounts",
)
@_DIR
@click.argument("words", nargs=-1, required=True, metavar="COMMAND...")
def exec_(folder: Path, words: tuple[str, ...]) -> None:
    """Run a shell command as root on the node of a testbed; ends with the command's status."""
    completed = _guest_shell(folder).run(" ".join(words))
    click.echo(completed.output, nl=False)
    raise click.exceptions.Exit(completed.status)


@command.command(epilog="Example:  nfs-steward testbed load --dir /tmp/bed image.tar")
@_DIR
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(folder: Path, archive: Path) -> None:
    """Give the node of a testbed the images of an archive as `docker save` writes it."""
    load_images(_guest_shell(folder), archive)


def _guest_shell(folder: Path) -> GuestShell:
    left = record.Record.read(folder.absolute())
    if left is None or not left.running() or not left.real_node:
        raise TestbedError(f"no testbed with a real node is up in {folder}")
    return GuestShell(folder.absolute() / "node" / "share")


def _require_all() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1"


def _control_plane_options(flags: tuple[str, ...]) -> ControlPlaneOptions:
    by_program: dict[str, list[str]] = {
        "etcd": [],
        "kube-apiserver": [],
        "kube-controller-manager": [],
        "kube-scheduler": [],
    }
    for given in flags:
        program, _, flag = given.partition("=")
        if program not in by_program or not flag.startswith("--"):
            raise click.BadParameter(f"{given!r} is not PROGRAM=--flag, PROGRAM one of {', '.join(by_program)}")
        by_program[program].append(flag)
    return ControlPlaneOptions(*by_program.values())
