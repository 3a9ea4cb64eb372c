import io
import json
import logging

import pytest

from runtime.logs import configure, get_logger


@pytest.fixture(autouse=True)
def root_logger():
    """The root logger, put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def lines(stream):
    """The JSON lines written so far."""
    configure(json=True, stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_a_message_and_its_keys(lines):
    get_logger("a.b").info("claim filled", namespace="web", name="data", fields=["x"])
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "a.b",
        "message": "claim filled",
        "namespace": "web",
        "name": "data",
        "fields": ["x"],
    }


def test_bound_keys_are_on_every_line_and_may_be_overlaid(lines):
    log = get_logger("a").bind(uid="u", namespace="web")
    log.info("one")
    log.bind(namespace="shop").info("two", uid="v")
    assert [(line["uid"], line["namespace"]) for line in lines()] == [("u", "web"), ("v", "shop")]


def test_keys_cannot_replace_what_every_line_says_of_itself(lines):
    get_logger("a").info("the message", level="fatal", message="another")
    (line,) = lines()
    assert (line["level"], line["message"]) == ("info", "the message")


def test_lines_of_packages_below_take_the_same_form(lines):
    logging.getLogger("kube.informer").warning("watch ended", extra={"keys": {"resource": "pods"}})
    assert lines()[0]["resource"] == "pods"


def test_an_exception_is_logged_with_its_traceback(lines):
    try:
        raise ValueError("of this kind")
    except ValueError:
        get_logger("a").exception("it failed", name="x")
    (line,) = lines()
    assert line["level"] == "error"
    assert "ValueError: of this kind" in line["traceback"]


def test_lines_below_the_level_are_left_out(stream):
    configure(json=True, level="warning", stream=stream)
    get_logger("a").info("no")
    get_logger("a").error("yes")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["yes"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("\ud800", id="no Unicode"),
        pytest.param(2**70, id="a number too large for orjson"),
        pytest.param(object(), id="an object"),
        pytest.param({1: {"a"}}, id="keys and values of other types"),
    ],
)
def test_no_value_keeps_a_line_from_being_written(lines, value):
    get_logger("a").info("odd", value=value)
    assert lines()[0]["message"] == "odd"


def test_text_for_people_keeps_one_line_whatever_the_values_hold(stream):
    configure(json=False, stream=stream)
    get_logger("a").info("filled", name="x", size="1 Gi", evil="a\nfake line", empty="")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r'INFO    a: filled name=x size="1 Gi" evil="a\nfake line" empty=""')
