from pathlib import Path

import pytest

from testbed.image.context import CHECKOUT, context_files, copy_context


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A Dockerfile, and one package of two that the image is made of."""
    root = tmp_path / "checkout"
    for name in ("in/__pycache__/a.pyc", "in/a.py", "in/below/b.py", "in/left.py", "out/c.py", "Dockerfile", "x.lock"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / ".dockerignore").write_text("# what goes in\n*\n!x.lock\n!in\nin/left.py\n**/__pycache__\n")
    return root


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_dockerignore_lets_through_is_copied_with_the_dockerfile(checkout: Path, tmp_path: Path) -> None:
    copy_context(tmp_path / "copy", checkout)
    assert names(tmp_path / "copy") == {"Dockerfile", ".dockerignore", "x.lock", "in/a.py", "in/below/b.py"}


@pytest.mark.parametrize(
    ("edited", "differs"),
    [
        pytest.param("in/below/b.py", True, id="a file of the image"),
        pytest.param("Dockerfile", True, id="the Dockerfile"),
        pytest.param("in/left.py", False, id="a file left out"),
        pytest.param("in/__pycache__/a.pyc", False, id="a file left out wherever it is"),
        pytest.param("out/c.py", False, id="a file of nothing let through"),
    ],
)
def test_the_key_tells_whether_the_image_would_be_another(
    checkout: Path, tmp_path: Path, edited: str, *, differs: bool
) -> None:
    before = copy_context(tmp_path / "before", checkout)
    (checkout / edited).write_text("edited")
    assert (copy_context(tmp_path / "after", checkout) != before) is differs


def test_the_key_tells_of_a_file_that_was_renamed(checkout: Path, tmp_path: Path) -> None:
    before = copy_context(tmp_path / "before", checkout)
    (checkout / "in/a.py").rename(checkout / "in/renamed.py")
    assert copy_context(tmp_path / "after", checkout) != before


def test_the_image_is_made_of_the_product_without_the_testbed() -> None:
    found = {path.relative_to(CHECKOUT).as_posix() for path in context_files(CHECKOUT)}
    assert {"Dockerfile", ".dockerignore", "requirements.lock", "webhook/app.py", "cli/main.py"} <= found
    assert not [name for name in found if name.startswith(("testbed/", "tests/")) or name.endswith(".pyc")]
    assert not {"cli/testbed.py", "cli/demo.py"} & found
