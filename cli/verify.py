"""`nfs-steward verify`: whether a running nfs-steward does what it is there for."""

from pathlib import Path

import click
import orjson

from cli.options import kubeconfig_option, name_option, text_or_json_option, timeout_option
from controller.doctor.trial import FilledIn, Trial, Verdict, until_filled_in
from kube.connection import connect

_NOT_FILLED_IN = 1


@click.command()
@click.option(
    "--namespace", required=True, metavar="NAME", help="An opted-in namespace in which claims may be created."
)
@click.option("--expect-class", metavar="NAME", help="Which class has to be filled in.  [default: any]")
@name_option("What the webhook configurations are called; for advice on what to look at.")
@timeout_option("How long to try again: a webhook that has just been installed takes a few seconds.")
@kubeconfig_option
@text_or_json_option
def command(
    *, namespace: str, expect_class: str | None, name: str, timeout: float, kubeconfig: Path | None, output: str
) -> None:
    """See whether a claim without a class is filled in. `helm test` runs this in a namespace of its own.

    The claim is created as a dry run: it goes through the API server and the webhook as any other, and is not kept; so
    no volume and no directory is made for it.

    With -o json: {"filledIn", "message", "advice"}.

    Exit code: 0 it is filled in, 1 it is not (the message says why, and what to look at), 2 it could not be tried.

    \b
    Example:
      nfs-steward verify --namespace team-a --expect-class nfs
    """
    trial = Trial(namespace, expect_class, name)
    verdict = until_filled_in(connect(kubeconfig), trial, timeout)
    click.echo(_as_json(verdict) if output == "json" else _as_text(verdict))
    if not isinstance(verdict, FilledIn):
        click.get_current_context().exit(_NOT_FILLED_IN)


def _as_text(verdict: Verdict) -> str:
    return f"{verdict.message}\n{verdict.advice}" if verdict.advice else verdict.message


def _as_json(verdict: Verdict) -> str:
    told = {"filledIn": isinstance(verdict, FilledIn), "message": verdict.message, "advice": verdict.advice}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
