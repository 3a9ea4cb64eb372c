import subprocess
from pathlib import Path

from testbed.shell import write_env, write_links


def test_the_env_file_sets_variables_whatever_they_hold_and_puts_the_links_first(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    write_links(folder, {"say": Path("/bin/echo")})
    write_env(folder, {"URL": "nfs://h/p?a=1&b='2'"})
    script = '. "$0/env"; say "$URL"; command -v say'
    said = subprocess.run(["sh", "-c", script, folder], capture_output=True, text=True, check=True).stdout
    assert said == f"nfs://h/p?a=1&b='2'\n{folder}/bin/say\n"


def test_links_can_be_written_again(tmp_path: Path) -> None:
    write_links(tmp_path, {"say": Path("/bin/echo")})
    write_links(tmp_path, {"say": Path("/bin/cat")})
    assert (tmp_path / "bin/say").readlink() == Path("/bin/cat")
