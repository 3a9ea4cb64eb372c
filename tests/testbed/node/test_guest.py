from pathlib import Path

import pytest

from testbed.errors import PartUnavailable
from testbed.node.guest import check_possible


@pytest.mark.parametrize(
    ("system", "machine", "folder", "reason"),
    [
        pytest.param("Darwin", "arm64", "/tmp/bed", "needs Linux on x86_64, this is Darwin on arm64", id="a Mac"),
        pytest.param("Linux", "aarch64", "/tmp/bed", "this is Linux on aarch64", id="another processor"),
        pytest.param("Linux", "x86_64", "/tmp/my bed", "cannot hold the path /tmp/my bed", id="a blank in the path"),
    ],
)
def test_where_no_guest_can_run_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, folder: str, reason: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(PartUnavailable, match=reason):
        check_possible(Path(folder))


def test_without_a_compiler_the_reason_names_it_and_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(PartUnavailable, match=r"no `gcc` on this machine \(install gcc and libc6-dev"):
        check_possible(tmp_path)
