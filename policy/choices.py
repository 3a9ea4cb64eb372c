"""The two answers to "should this field be filled in?"."""

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Fill:
    """Fill the field with `value`; `rule` says in a few words whose wish that is, such as `profile gold`."""

    value: Any
    rule: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave the field as it is; `why` is the reason in a few words, such as `its author named the class`.

    `warn`: the author hardly wants it so, and should be told.
    """

    why: str
    warn: bool = False


Choice: TypeAlias = Fill | Keep
