"""Export tables are read as the server reads them: exports(5)."""

import pytest

from controller.doctor.exportstable import ExportClient, ExportLine, UnreadLine, read_table


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("/a host(rw,sync)", [("/a", "host(rw,sync)")], id="a client with options"),
        pytest.param("/a h1(rw) h2(ro)", [("/a", "h1(rw)", "h2(ro)")], id="two clients"),
        pytest.param("/a host", [("/a", "host()")], id="a client without options"),
        pytest.param("/a", [("/a", "(nobody named)()")], id="a path alone is for everybody"),
        pytest.param("/a (rw)", [("/a", "(nobody named)(rw)")], id="options alone are for everybody"),
        pytest.param(
            "/a -sync,rw h1 h2(ro)", [("/a", "h1(sync,rw)", "h2(sync,rw,ro)")], id="defaults go before options"
        ),
        pytest.param("/a -rw", [("/a", "(nobody named)(rw)")], id="defaults alone"),
        pytest.param("/a @trusted(rw) *.lan(ro)", [("/a", "@trusted(rw)", "*.lan(ro)")], id="netgroup and pattern"),
        pytest.param("/a 2001:db8::/64(rw)", [("/a", "2001:db8::/64(rw)")], id="an IPv6 network"),
        pytest.param('"/a b" host(rw)', [("/a b", "host(rw)")], id="quotes keep a space"),
        pytest.param("/a\\040b host(rw)", [("/a b", "host(rw)")], id="an octal code is a space"),
        pytest.param("/a h1(rw) \\\n  h2(ro)", [("/a", "h1(rw)", "h2(ro)")], id="a line goes on after a backslash"),
        pytest.param("# /a host(rw)\n\n/b host(rw) # c", [("/b", "host(rw)")], id="comments and empty lines"),
        pytest.param("# a \\\n/b host(rw)", [("/b", "host(rw)")], id="a comment does not go on"),
        pytest.param("/a#b host(rw)", [("/a#b", "host(rw)")], id="a pound sign within a word"),
        pytest.param('"/a # b" host(rw)', [("/a # b", "host(rw)")], id="a pound sign within quotes"),
        pytest.param("/a\thost(rw)", [("/a", "host(rw)")], id="a tab"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_lines_are_read_as_the_server_reads_them(text: str, read: list[tuple[str, ...]]) -> None:
    lines = read_table(text)
    assert all(isinstance(line, ExportLine) for line in lines)
    assert [(line.path, *map(str, line.clients)) for line in lines if isinstance(line, ExportLine)] == read


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        pytest.param("/a host (rw)", [False, True], id="a space before the options"),
        pytest.param("/a -sync host (rw)", [False, True], id="a space, with defaults"),
        pytest.param("/a host(ro) (rw)", [False, False], id="everybody beside a client with options"),
        pytest.param("/a (rw)", [False], id="nobody before the options"),
        pytest.param("/a host(rw)", [False], id="no space"),
    ],
)
def test_a_space_before_options_is_noticed(text: str, apart: list[bool]) -> None:
    (line,) = read_table(text)
    assert isinstance(line, ExportLine)
    assert [client.apart for client in line.clients] == apart


@pytest.mark.parametrize(
    ("text", "number", "why"),
    [
        pytest.param("/a host(rw)\nhost(rw) /b", 2, "is no path", id="client and path exchanged"),
        pytest.param("/a host(rw", 1, "is not CLIENT(OPTION,...)", id="no closing parenthesis"),
        pytest.param("/a host(rw)sync", 1, "is not CLIENT(OPTION,...)", id="something behind it"),
        pytest.param("# c\n/a h(rw) \\\n h2(ro\n/b h(rw)", 2, "h2(ro", id="the line where it begins"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_number(text: str, number: int, why: str) -> None:
    (unread,) = (line for line in read_table(text) if isinstance(line, UnreadLine))
    assert unread.number == number
    assert why in unread.why


@pytest.mark.parametrize(
    ("name", "everybody"),
    [
        pytest.param("*", True, id="star"),
        pytest.param("", True, id="nobody named"),
        pytest.param("0.0.0.0/0", True, id="every IPv4 address"),
        pytest.param("::/0", True, id="every IPv6 address"),
        pytest.param("*.lan", False, id="a domain"),
        pytest.param("10.0.0.0/8", False, id="a network"),
    ],
)
def test_everybody_has_several_names(name: str, everybody: bool) -> None:
    assert ExportClient(name, ()).everybody is everybody
