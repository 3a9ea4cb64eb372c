"""`python -m testbed.pods`: the agent as a program. It works until it is told to end."""

import argparse
import logging
import signal
import sys
import time
from pathlib import Path
from typing import Final

from kube.connection import connect
from testbed.pods.agent import Agent
from testbed.pods.images import Image, Images
from testbed.pods.tools import Settings

_LOOK_SECONDS: Final = 0.2


def main() -> None:
    """Run the Pods of the node that the arguments describe, until SIGTERM or SIGINT."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(name)s %(message)s")
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))
    agent = Agent(_settings(options), connect(options.kubeconfig))
    agent.start()
    while not asked:  # a signal that comes just before one falls asleep wakes nobody
        time.sleep(_LOOK_SECONDS)
    agent.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m testbed.pods", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--node", required=True, help="the node's name")
    parser.add_argument("--folder", type=Path, required=True, help="for what Pods have on this machine")
    parser.add_argument("--logs", type=Path, required=True, help="for the containers' output")
    parser.add_argument("--taint", action="store_true", help="have only Pods that tolerate it")
    parser.add_argument("--nfs", action="append", default=[], nargs=3, metavar=("SERVER", "PATH", "FOLDER"))
    parser.add_argument("--image", action="append", default=[], nargs=2, metavar=("REPOSITORY", "FILE"))
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        node=options.node,
        folder=options.folder,
        logs=options.logs,
        exports={(server, path): Path(folder) for server, path, folder in options.nfs},
        images=Images({repository: Image.read(Path(file)) for repository, file in options.image}),
        tainted=options.taint,
    )


if __name__ == "__main__":
    main()
