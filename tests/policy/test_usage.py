import pytest

from policy.usage import size_text, usage_text, used_percent

GI = 1 << 30


@pytest.mark.parametrize(
    ("size", "text"),
    [
        pytest.param(0, "0", id="nothing"),
        pytest.param(1023, "1023", id="bytes"),
        pytest.param(1024, "1Ki", id="a whole unit"),
        pytest.param(4096, "4Ki", id="a block"),
        pytest.param(1288490189, "1.2Gi", id="a digit behind the point"),
        pytest.param(GI - 1, "1024Mi", id="just below a unit"),
        pytest.param(150 * GI, "150Gi", id="three digits"),
        pytest.param(10 * GI + GI // 2, "10Gi", id="two digits"),
        pytest.param(2**63 - 1, "8Ei", id="the most there is"),
        pytest.param(2**75, "32768Ei", id="more than there is a unit for"),
    ],
)
def test_sizes_are_written_as_kubernetes_writes_them(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("used", "percent"),
    [
        pytest.param(0, 0, id="none"),
        pytest.param(GI - 1, 99, id="not quite full"),
        pytest.param(GI, 100, id="full"),
        pytest.param(GI + 1, 101, id="a byte too many"),
        pytest.param(3 * GI, 300, id="three times"),
    ],
)
def test_only_what_is_full_is_at_a_hundred_percent(used: int, percent: int) -> None:
    assert used_percent(used, GI) == percent


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (0, "1.2Gi of 2Gi (60 %), 0 files"),
        (1, "1.2Gi of 2Gi (60 %), 1 file"),
        (1234, "1.2Gi of 2Gi (60 %), 1,234 files"),
    ],
)
def test_use_is_told_in_one_line(files: int, text: str) -> None:
    assert usage_text(1288490190, files, "2Gi", 2 * GI) == text
