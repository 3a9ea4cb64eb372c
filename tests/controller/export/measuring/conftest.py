from pathlib import Path

import pytest

from tests.controller.export.measuring.counting import Measurer


@pytest.fixture
def measurer(export_root: Path) -> Measurer:
    return Measurer(export_root)
