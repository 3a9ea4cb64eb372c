"""The reviews and the files made of them."""

from pathlib import Path

import orjson
import pytest

from bench.admission import Kind, captured, namespace_names, reviews, write_requests
from bench.load import write_targets


@pytest.mark.parametrize("kind", list(Kind))
def test_every_namespace_has_a_review_of_its_own(kind: Kind) -> None:
    namespaces = namespace_names(30)
    made = [orjson.loads(review) for review in reviews(kind, namespaces)]
    assert [review["request"]["namespace"] for review in made] == namespaces
    assert [review["request"]["object"]["metadata"]["namespace"] for review in made] == namespaces
    assert len({review["request"]["uid"] for review in made}) == len(namespaces)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_captured_objects_say_who_wrote_what(kind: Kind) -> None:
    obj = captured(kind)["request"]["object"]
    assert obj["metadata"]["managedFields"]


def test_the_captured_claim_has_the_class_of_the_api_server_and_not_of_its_author() -> None:
    claim = captured(Kind.CLAIM)["request"]["object"]
    (written,) = claim["metadata"]["managedFields"]
    assert claim["spec"]["storageClassName"] == "standard"
    assert "f:storageClassName" not in written["fieldsV1"]["f:spec"]


def test_a_requests_file_has_a_line_of_path_and_body_for_each(tmp_path: Path) -> None:
    bodies = reviews(Kind.CLAIM, namespace_names(2))
    path = write_requests(tmp_path / "requests", [("/mutate", body) for body in bodies])
    lines = path.read_bytes().splitlines()
    assert [line.split(b"\t", 1) for line in lines] == [[b"/mutate", body] for body in bodies]


def test_a_targets_file_carries_each_body_in_base64(tmp_path: Path) -> None:
    path = write_targets(tmp_path / "targets", "https://127.0.0.1:1/mutate", [b"one", b"two"])
    assert [orjson.loads(line) for line in path.read_bytes().splitlines()] == [
        {
            "method": "POST",
            "url": "https://127.0.0.1:1/mutate",
            "header": {"Content-Type": ["application/json"]},
            "body": body,
        }
        for body in ("b25l", "dHdv")
    ]
