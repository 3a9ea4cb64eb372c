import importlib
import subprocess
import sys
from importlib.metadata import version

import click
import pytest

from cli.main import SUBCOMMANDS
from policy.errors import StewardError


def walk(command: click.Command, path: tuple[str, ...]):
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from walk(below, (*path, name))


def every_subcommand():
    for name, (module, _) in SUBCOMMANDS.items():
        if importlib.util.find_spec(module):
            yield from walk(importlib.import_module(module).command, (name,))


def test_the_version_is_the_installed_packages(run):
    assert run("--version").stdout == f"nfs-steward, version {version('nfs-steward')}\n"


def test_help_lists_every_subcommand_and_imports_none():
    program = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from cli.main import command\n"
        "command(standalone_mode=False)\n"
        "heavy = {'flask', 'kubernetes', 'rich', 'jsonpatch', 'cryptography', 'testbed', 'webhook', 'controller'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert result.stderr == ""
    for name, (_, purpose) in SUBCOMMANDS.items():
        assert f"  {name} " in result.stdout
        assert purpose.split()[0] in result.stdout


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in every_subcommand()]
)
def test_every_commands_help_shows_an_example_of_it(run, path, command):
    result = run(*path, "--help")
    assert result.exit_code == 0
    if not isinstance(command, click.Group):
        assert f"nfs-steward {' '.join(path)}" in result.stdout.split("Example", 1)[1]


def test_a_refusal_is_one_line_and_exit_code_2(run, monkeypatch):
    def refuse(*_: object) -> None:
        raise StewardError("first line\n  second line")

    monkeypatch.setattr("cli.policy.read_policy", refuse)
    result = run("policy", "check", "x")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "nfs-steward: first line second line\n"


def test_notes_attached_to_a_refusal_follow_it(run, monkeypatch):
    def refuse(*_: object) -> None:
        refusal = StewardError("it did not start")
        refusal.add_note("the end of its log:\n  port in use")
        raise refusal

    monkeypatch.setattr("cli.policy.read_policy", refuse)
    result = run("policy", "check", "x")
    assert result.exit_code == 2
    assert result.stderr == "nfs-steward: it did not start\nthe end of its log:\n  port in use\n"


def test_an_unknown_subcommand_is_wrong_usage(run):
    result = run("nonsense")
    assert result.exit_code == 2
    assert "No such command 'nonsense'" in result.stderr


def test_a_subcommand_that_is_not_installed_is_not_listed_and_says_where_it_is(run, monkeypatch):
    monkeypatch.setitem(SUBCOMMANDS, "demo", ("cli.not_in_the_image", "Play the story."))
    assert "  demo " not in run("--help").stdout
    result = run("demo")
    assert result.exit_code == 2
    assert "`demo` needs a checkout of nfs-steward" in result.stderr
