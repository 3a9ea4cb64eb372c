import shlex

from testbed.nfs_server.processes import User, command_line


def test_a_program_takes_the_place_of_the_shell_with_its_arguments_as_they_are() -> None:
    assert shlex.split(command_line(["sh", "-c", "echo 'a b' $HOME"], None)) == [
        "exec",
        "env",
        "sh",
        "-c",
        "echo 'a b' $HOME",
    ]


def test_a_user_has_no_groups_but_its_own_and_gets_the_variables_too() -> None:
    words = shlex.split(command_line(["id"], User(1000, 2000), {"A": "x y"}))
    assert words[:3] == ["exec", "env", "A=x y"]
    assert {"--reuid=1000", "--regid=2000", "--clear-groups"} <= set(words)
    assert words[-1] == "id"


def test_a_user_has_the_further_groups_that_it_was_given() -> None:
    assert "--groups=100000,4321" in shlex.split(command_line(["id"], User(1000, 2000, (100000, 4321))))
