from testbed.story.cases import CASES, NO_CLASS
from testbed.story.refusals import file_name, refusals


def test_an_invalid_object_is_told_by_its_name() -> None:
    said = 'The PersistentVolumeClaim "no-size" is invalid: spec.resources[storage]: Required value\n'
    assert refusals(said, CASES) == {"d": said.strip()}


def test_a_denied_object_is_told_by_its_file() -> None:
    said = f'Error from server (Forbidden): error when creating "/x/{file_name(NO_CLASS)}": denied: no\n'
    assert refusals(said, CASES) == {"c": said.strip()}


def test_several_refusals_keep_their_own_lines() -> None:
    said = 'The Pod "no-size" is invalid:\n* spec.a: Required\n* spec.b: Required\nThe Pod "no-class" is invalid: x\n'
    assert refusals(said, CASES) == {
        "d": 'The Pod "no-size" is invalid: * spec.a: Required * spec.b: Required',
        "c": 'The Pod "no-class" is invalid: x',
    }


def test_what_names_no_case_is_nobodys_refusal() -> None:
    assert refusals("The connection to the server was refused\n", CASES) == {}


def test_a_name_that_contains_another_is_not_taken_for_it() -> None:
    assert list(refusals('persistentvolumeclaims "no-class-on-either" is forbidden', CASES)) == ["b"]
