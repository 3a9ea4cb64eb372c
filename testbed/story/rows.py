"""The story's result: one row a case, compared with what is expected."""

from dataclasses import dataclass, field
from typing import Final

from policy.shapes import Json
from testbed.story.cases import Case
from testbed.story.endings import Ending
from testbed.story.fills import Fill, filled_text, rule_text


@dataclass(frozen=True, slots=True)
class Proof:
    """What this testbed can prove. `lacking`: why Pods cannot mount here; empty where they can.

    `strict`: whether a row that could not be proven counts as failed.
    """

    lacking: str = ""
    strict: bool = False

    @property
    def mounts(self) -> bool:
        """Whether Pods really mount what their volumes say."""
        return not self.lacking


COMPLETE: Final = Proof()


@dataclass(frozen=True, slots=True)
class Half:
    """What was seen of a case in one of the two namespaces: how it ended, and what we filled in."""

    ending: Ending
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A case with what was seen of it; `namespace` is the one with the label."""

    case: Case
    namespace: str
    without: Half
    with_us: Half
    proof: Proof = field(default=COMPLETE)

    @property
    def as_expected(self) -> bool:
        """Whether all that can be seen here is as it should be."""
        before, after = self.case.without, self.case.with_us
        if not self.proof.mounts:
            before, after = before.without_mounts(), after.without_mounts()
        endings = before.met_by(self.without.ending) and after.met_by(self.with_us.ending)
        return endings and not self.without.fills and self._filled_as_expected()

    @property
    def unproven(self) -> bool:
        """Whether a mount has a part in this case, and none can be had here."""
        return not self.proof.mounts and any(
            expected != expected.without_mounts() for expected in (self.case.without, self.case.with_us)
        )

    @property
    def ok(self) -> bool:
        """Whether the row holds, and where the proof is to be strict, was proven."""
        return self.as_expected and not (self.unproven and self.proof.strict)

    @property
    def note(self) -> str:
        """What could not be proven, and why; empty where nothing is open."""
        if not self.unproven:
            return ""
        return f"only scheduling and directories could be seen, not whether Pods start: {self.proof.lacking}"

    @property
    def expected(self) -> str:
        """What the row should say: without us, then with us."""
        return f"{self.case.without}, then {self.case.with_us}"

    def as_json(self) -> Json:
        """The row for machines."""
        row: Json = {
            "case": self.case.letter,
            "namespace": self.namespace,
            "filled": filled_text(self.with_us.fills),
            "rule": rule_text(self.with_us.fills),
            "before": str(self.without.ending),
            "after": str(self.with_us.ending),
            "expected": self.expected,
            "ok": self.ok,
        }
        return {**row, "note": self.note} if self.note else row

    def _filled_as_expected(self) -> bool:
        filled = {fill.field for fill in self.with_us.fills}
        return self.case.fills <= filled if self.case.fills else not filled
