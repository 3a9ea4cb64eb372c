"""A plan of an adoption as a table for people."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.adopting.wording import data_in_words, volume_in_words
from controller.adoption.classes import Understood
from controller.adoption.plan import Plan
from controller.adoption.volumes import LeftAlone, VolumeVerdict
from policy import keys

_WIDTH_WITHOUT_TERMINAL: Final = 160
_STYLES: Final = {"take over": "green", "understood": "green", "nfs-steward": "green", "waits": "", "stopped": "green"}
_UNREAD: Final = (
    f"its annotations {', '.join(keys.SUBDIR_OWNERSHIP)} are not read: a new directory gets mode and owner of its "
    "class, one that is there keeps its own"
)
_Row: TypeAlias = tuple[str, str, str]


def print_plan(plan: Plan) -> None:
    """Print the plan on standard output."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    console.print(_table(plan))


def _table(plan: Plan) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in (f"of {plan.provisioner}", "plan", "why"):
        table.add_column(column, overflow="fold")
    for about, answer, why in (*_running(plan), *_new_claims(plan), *_classes(plan), *_volumes(plan)):
        table.add_row(Text(about), Text(answer, style=_STYLES.get(answer, "yellow")), Text(why))
    return table


def _running(plan: Plan) -> Iterator[_Row]:
    if not plan.runners:
        yield "the provisioner", "stopped", "no Deployment and no Pod runs it"
    for runner in plan.runners:
        yield f"{runner.kind} {runner.namespace}/{runner.name}", "stop it first", runner.stop


def _new_claims(plan: Plan) -> Iterator[_Row]:
    new = plan.new_claims
    yield "new claims", "nfs-steward" if new.served else "not nfs-steward", _sentence(new.who, new.remedy)
    for claim in plan.waiting:
        yield f"claim {claim}", "waits", "for whoever serves new claims"
    for claim in plan.unread:
        yield f"claim {claim}", "not understood", _UNREAD


def _classes(plan: Plan) -> Iterator[_Row]:
    for each in plan.classes:
        if isinstance(each, Understood):
            yield f"StorageClass {each.name}", "understood", f"when a claim is deleted {data_in_words(each.ending)}"
        else:
            yield f"StorageClass {each.name}", "not understood", each.why


def _volumes(plan: Plan) -> Iterator[_Row]:
    if plan.still_needed:
        yield "mounts", "stay as they are", plan.still_needed
    for each in sorted(plan.volumes, key=_by_claim):
        yield _about(each), *_verdict(each)


def _by_claim(verdict: VolumeVerdict) -> tuple[str, str, str]:
    claim = verdict.volume.claim
    return (claim.namespace, claim.name, verdict.volume.name) if claim else ("", "", verdict.volume.name)


def _about(verdict: VolumeVerdict) -> str:
    claim = verdict.volume.claim
    return f"volume {verdict.volume.name}" + (f" of {claim.namespace}/{claim.name}" if claim else "")


def _verdict(verdict: VolumeVerdict) -> tuple[str, str]:
    if isinstance(verdict, LeftAlone):
        return "leave alone", _sentence(verdict.why, verdict.remedy)
    return "take over", volume_in_words(verdict)


def _sentence(why: str, remedy: str) -> str:
    return f"{why}; {remedy}" if remedy else why
