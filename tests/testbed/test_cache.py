import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.cache import cache_key, cache_root, cached


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of these tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "nfs-steward"


def write_slowly(folder: Path) -> None:
    (folder / "began").touch()
    time.sleep(0.3)
    (folder / "done").write_text("x")


def test_several_that_ask_at_once_get_one_whole_thing(root: Path) -> None:
    made: list[Path] = []
    said: list[str] = []

    def make(folder: Path) -> None:
        made.append(folder)
        write_slowly(folder)

    def ask(_: int) -> list[str]:
        return sorted(path.name for path in cached("thing", "key", make, said.append).iterdir())

    with ThreadPoolExecutor(4) as askers:
        assert list(askers.map(ask, range(4))) == [["began", "done"]] * 4
    assert len(made) == 1
    assert set(said) <= {f"waiting for another process to make {root / 'key' / 'thing'}"}


def test_what_is_there_is_not_made_again(root: Path) -> None:
    first = cached("thing", "key", write_slowly)
    assert cached("thing", "key", lambda _: pytest.fail("made again")) == first


def test_nothing_is_kept_of_what_could_not_be_finished(root: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached("thing", "key", fail)
    assert [path.name for path in (root / "key").iterdir()] == ["thing.lock"]


def test_what_somebody_left_half_made_is_cleared_away(root: Path) -> None:
    abandoned = root / "key" / "thing.making-abc"
    abandoned.mkdir(parents=True)
    cached("thing", "key", write_slowly)
    assert not abandoned.exists()


def test_keys_differ_where_parts_are_cut_elsewhere() -> None:
    assert cache_key("ab", "c") != cache_key("a", "bc")


def test_the_cache_lies_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "nfs-steward"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ann")
    assert cache_root() == Path("/home/ann/.cache/nfs-steward")
