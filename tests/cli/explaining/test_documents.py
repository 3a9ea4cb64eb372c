import pytest

from cli.explaining.documents import read_documents
from cli.explaining.errors import ManifestUnreadable


def values(text: str) -> list[object]:
    return [document.value for document in read_documents(text, "app.yaml")]


def test_documents_come_in_order_and_empty_ones_not_at_all():
    assert values("---\na: 1\n---\n# nothing\n---\n\n---\n{b: 2}\n") == [{"a": 1}, {"b": 2}]


def test_a_document_knows_the_lines_it_and_its_items_begin_at():
    (first, second) = read_documents("a: 1\n---\n\nkind: List\nitems:\n- b: 2\n\n- c: 3\n", "app.yaml")
    assert str(first.place) == "app.yaml:1"
    assert str(second.place) == "app.yaml:4"
    assert [str(place) for place in second.items] == ["app.yaml:6", "app.yaml:8"]


def test_json_is_read_too():
    assert values('{"a": [1, 2.5, true, null, "x"]}') == [{"a": [1, 2.5, True, None, "x"]}]


def test_dates_stay_the_text_they_are():
    assert values("at: 2026-01-02\nthen: 2026-01-02T03:04:05Z") == [
        {"at": "2026-01-02", "then": "2026-01-02T03:04:05Z"}
    ]


def test_keys_become_text_as_they_do_for_kubectl():
    assert values("8: a\ntrue: b\n2.5: c") == [{"8": "a", "true": "b", "2.5": "c"}]


def test_parts_shared_by_an_alias_are_copies_of_their_own():
    (document,) = values("a: &x {b: 1}\nc: *x\n")
    assert document["a"] == document["c"]
    assert document["a"] is not document["c"]


BOMB = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
)


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        pytest.param("a: b: c\n", "app.yaml:1", "mapping values are not allowed", id="no YAML"),
        pytest.param("a: 1\n---\nb: [1,\n", "app.yaml:4", "expected", id="a list that is never closed"),
        pytest.param("a: 1\nb:\n\t- c\n", "app.yaml:3", "cannot start any token", id="a tab as indentation"),
        pytest.param("a: 1\nb: *nowhere\n", "app.yaml:2", "undefined alias", id="an alias of nothing"),
        pytest.param("a: !!python/object:os.system x\n", "app.yaml:1", "could not determine a constructor", id="a tag"),
        pytest.param("x: 1\na: !!binary aGVsbG8=\n", "app.yaml:1", "bytes, which JSON cannot say", id="binary"),
        pytest.param("a: &a [*a]\n", "app.yaml:1", "nested too deeply", id="a list that holds itself"),
        pytest.param("[" * 200 + "]" * 200, "app.yaml:1", "nested too deeply", id="two hundred lists"),
        pytest.param("[" * 100_000, "app.yaml:1", "", id="a hundred thousand lists"),
        pytest.param("? [a]\n: b\n", "app.yaml:1", "unhashable", id="a list as a key"),
        pytest.param(BOMB, "app.yaml:1", "grows too large", id="a billion values by aliases"),
        pytest.param("a: 1\nb: \x00\n", "app.yaml:2", "not allowed", id="a NUL"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text, place, told):
    with pytest.raises(ManifestUnreadable) as refused:
        values(text)
    assert str(refused.value).startswith(f"{place}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
