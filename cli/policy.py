"""`nfs-steward policy`: checking a policy before it goes anywhere."""

from pathlib import Path

import click
import orjson

from cli.options import text_or_json_option
from cli.policyread import read_policy
from policy.cautions import policy_warnings
from policy.errors import PolicyInvalid, Problem
from policy.schema import policy_schema

_INVALID = 1


@click.group()
def command() -> None:
    """Check a policy file, or print its schema."""


@command.command(short_help="Tell everything that is wrong with a policy file.")
@click.argument("file", type=click.Path(path_type=Path))
@text_or_json_option
def check(file: Path, output: str) -> None:
    """Tell everything that is wrong with a policy FILE: where, what stands there, and why that cannot be.

    Also warns of what is allowed and rarely meant. With -o json: {"valid", "problems": [{"path", "value", "reason"}],
    "warnings"}.

    Exit code: 0 valid, 1 not valid, 2 the file cannot be read.

    \b
    Examples:
      nfs-steward policy check policy.yaml
      nfs-steward policy check policy.yaml -o json
    """
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    try:
        warnings = policy_warnings(read_policy(file))
    except PolicyInvalid as invalid:
        problems = invalid.problems
    click.echo(_as_json(problems, warnings) if output == "json" else _as_text(file, problems, warnings))
    if problems:
        click.get_current_context().exit(_INVALID)


@command.command()
def schema() -> None:
    """Print the JSON Schema of policy files, for editors and other tools.

    \b
    Example:
      nfs-steward policy schema > policy.schema.json
    """
    click.echo(orjson.dumps(policy_schema(), option=orjson.OPT_INDENT_2).decode())


def _as_text(file: Path, problems: tuple[Problem, ...], warnings: tuple[str, ...]) -> str:
    verdict = f"{file}: {len(problems)} problem{'s' if len(problems) > 1 else ''}" if problems else f"{file}: valid"
    return "\n".join([verdict, *(f"  {problem}" for problem in problems), *(f"  warning: {each}" for each in warnings)])


def _as_json(problems: tuple[Problem, ...], warnings: tuple[str, ...]) -> str:
    found = [{"path": each.path, "value": each.value, "reason": each.reason} for each in problems]
    report = {"valid": not problems, "problems": found, "warnings": warnings}
    return orjson.dumps(report, option=orjson.OPT_INDENT_2, default=str).decode()
