"""Quantities: what apimachinery reads, we read to the same number; what is no size is refused."""

from contextlib import suppress
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import QuantityInvalid
from policy.quantity import parse_amount, parse_quantity, whole_quantity

LARGEST = 2**63 - 1
FACTORS = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "": Fraction(1),
    **{unit: Fraction(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}

numbers = st.from_regex(r"\A\+?(?:[0-9]{1,12}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\Z")
exponents = st.tuples(st.sampled_from("eE"), st.sampled_from(["", "+", "-"]), st.integers(0, 12)).map(
    lambda parts: (f"{parts[0]}{parts[1]}{parts[2]}", Fraction(10) ** (-parts[2] if parts[1] == "-" else parts[2]))
)
suffixes = st.one_of(st.sampled_from(sorted(FACTORS.items())), exponents)


@given(number=numbers, suffix=suffixes)
def test_a_quantity_is_its_number_times_its_unit_rounded_up(number: str, suffix: tuple[str, Fraction]) -> None:
    unit, factor = suffix
    exact = Fraction(number.lstrip("+").rstrip(".") or "0") * factor
    binary = unit.endswith("i")
    if exact == 0 or (exact > LARGEST and not binary):
        with pytest.raises(QuantityInvalid):
            parse_quantity(number + unit)
    else:
        assert parse_quantity(number + unit) == min(ceil(exact), LARGEST)


@given(st.integers(1, LARGEST))
def test_whole_numbers_are_read_as_they_are_written_in_json_too(number: int) -> None:
    assert parse_quantity(number) == parse_quantity(str(number)) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1Gi", 2**30),
        ("0.5Ti", 2**39),
        ("100M", 10**8),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1500m", 2),
        ("1n", 1),
        (".5Gi", 2**29),
        ("1.", 1),
        ("+2k", 2000),
        ("8Ei", LARGEST),
        ("1e-999999999", 1),
        ("0.0000000001", 1),
    ],
)
def test_sizes_are_read_as_kubernetes_reads_them(text: str, value: int) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("1GB", "GB should be G", id="bytes spelled out"),
        pytest.param("1kib", "kib should be Ki", id="kibibytes spelled out"),
        pytest.param("5K", "K should be k", id="capital kilo"),
        pytest.param("10gi", "gi should be Gi", id="lower case"),
        pytest.param("-1Gi", "is negative", id="negative"),
        pytest.param("0", "is zero", id="zero"),
        pytest.param("0.000Gi", "is zero", id="zero with a unit"),
        pytest.param("lots", "is no quantity", id="a word"),
        pytest.param("", "is no quantity", id="empty"),
        pytest.param(" 1Gi", "is no quantity", id="space before"),
        pytest.param("1Gi\n", "is no quantity", id="line end"),
        pytest.param("1 Gi", "is no quantity", id="space within"),
        pytest.param(".", "is no quantity", id="point alone"),
        pytest.param("1.2.3", "is no quantity", id="two points"),
        pytest.param("1e", "e should be E", id="exponent without digits"),
        pytest.param("1e1.5", "is no quantity", id="broken exponent"),
        pytest.param("\u0661Gi", "is no quantity", id="digits of another script"),
        pytest.param("0x10", "is no quantity", id="hexadecimal"),
        pytest.param("1e999999999", "more than 2^63-1", id="giant exponent"),
        pytest.param("1e30", "more than 2^63-1", id="too large"),
        pytest.param("9" * 64, "more than 2^63-1", id="too many digits"),
        pytest.param("1" * 65, "is no quantity", id="absurdly long"),
    ],
)
def test_what_is_no_size_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(QuantityInvalid, match=reason.replace("^", r"\^")):
        parse_quantity(text)


@given(st.text(max_size=200))
def test_any_text_is_a_size_or_refused_and_nothing_else(text: str) -> None:
    with suppress(QuantityInvalid):
        assert 1 <= parse_quantity(text) <= LARGEST


@pytest.mark.parametrize("text", ["0", "0Gi", "0.0", "0e400", "0m"])
def test_of_an_amount_there_may_be_nothing(text: str) -> None:
    assert parse_amount(text) == 0


@given(number=numbers, suffix=suffixes)
def test_a_whole_quantity_is_the_same_size_with_no_fraction(number: str, suffix: tuple[str, Fraction]) -> None:
    with suppress(QuantityInvalid):
        whole = whole_quantity(number + suffix[0])
        assert parse_amount(whole) == parse_amount(number + suffix[0])
        assert not {*whole} & {*".num+-e"}


@pytest.mark.parametrize("text", ["500Gi", "1", "100M", "3k"])
def test_a_quantity_that_is_whole_stays_as_it_was_written(text: str) -> None:
    assert whole_quantity(text) == text
