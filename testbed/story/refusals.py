"""Which case an error of `kubectl apply -f FOLDER` is about. kubectl goes on after each, and tells all at the end."""

from collections.abc import Iterable

from testbed.story.cases import Case


def file_name(case: Case) -> str:
    """The name of the file with a case's manifests."""
    return f"{case.letter}-{case.name}.yaml"


def refusals(said: str, cases: Iterable[Case]) -> dict[str, str]:
    """What was refused, by the case's letter: kubectl names the object or the file, and may go on in further lines."""
    known = tuple(cases)
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in said.splitlines():
        letter = next((case.letter for case in known if _names(line, case)), None)
        if letter:
            current = found.setdefault(letter, [])
        current.append(line.strip())
    return {letter: " ".join(filter(None, lines)) for letter, lines in found.items()}


def _names(line: str, case: Case) -> bool:
    return f'"{case.name}"' in line or f'{file_name(case)}"' in line
