from pathlib import Path

import click
import pytest

from cli.parameters import Address, AddressType, LabelList, MountedExport


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(LabelList(), "", {}, id="no label"),
        pytest.param(LabelList(), "a=b, c/d=e=f,g=", {"a": "b", "c/d": "e=f", "g": ""}, id="labels"),
        pytest.param(LabelList(), "a=b,a=c", {"a": "c"}, id="the last label wins"),
        pytest.param(AddressType(), "127.0.0.1:8443", Address("127.0.0.1", 8443), id="IPv4"),
        pytest.param(AddressType(), "[::1]:0", Address("::1", 0), id="IPv6, any port"),
        pytest.param(AddressType(), "fd00::7:8443", Address("fd00::7", 8443), id="IPv6 without brackets"),
        pytest.param(AddressType(), "localhost:65535", Address("localhost", 65535), id="a host's name"),
        pytest.param(MountedExport(), "main=/mnt/a=b", ("main", Path("/mnt/a=b")), id="an export"),
    ],
)
def test_a_value_is_read(kind, text, value):
    assert kind.convert(text, None, None) == value
    assert kind.convert(value, None, None) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(LabelList(), "a", id="a label without a value"),
        pytest.param(LabelList(), "=b", id="a label without a key"),
        pytest.param(AddressType(), "8443", id="no host"),
        pytest.param(AddressType(), ":8443", id="an empty host"),
        pytest.param(AddressType(), "::1", id="an IPv6 address and no port"),
        pytest.param(AddressType(), "a:b:8443", id="two colons that make no IPv6 address"),
        pytest.param(AddressType(), "[fd00::7:8443", id="half of the brackets"),
        pytest.param(AddressType(), "127.0.0.1:", id="no port"),
        pytest.param(AddressType(), "127.0.0.1:65536", id="a port too high"),
        pytest.param(AddressType(), "127.0.0.1:+1", id="a port with a sign"),
        pytest.param(AddressType(), "127.0.0.1:²", id="a digit that is none"),
        pytest.param(MountedExport(), "main", id="no path"),
        pytest.param(MountedExport(), "=/mnt", id="no name"),
        pytest.param(MountedExport(), "main=mnt", id="a relative path"),
    ],
)
def test_a_value_that_cannot_be_is_wrong_usage(kind, text):
    with pytest.raises(click.BadParameter):
        kind.convert(text, None, None)


@pytest.mark.parametrize("text", ["127.0.0.1:80", "[::1]:443"])
def test_an_address_is_shown_as_it_is_typed(text):
    assert str(AddressType().convert(text, None, None)) == text
