"""How what claims really use is measured: how often, and what load on the export that may be."""

from typing import Annotated, Final, Self

from pydantic import Field, StrictInt, model_validator

from policy.durations import format_duration, parse_duration
from policy.fields import Duration
from policy.settings import Setting

DEFAULT_EVERY: Final = "10m"
DEFAULT_FULL_EVERY: Final = "24h"
_MOST_SHARE: Final = 800
_MOST_OPERATIONS: Final = 10_000_000


class Measuring(Setting):
    """Each volume is measured `every` so often; after `full_every` at most, every file of it has been looked at again.

    `time_share` is in percent of one processor, `operations_per_second` are file operations on an export: both bound
    what all measuring on one export takes.
    """

    every: Duration = Field(default=parse_duration(DEFAULT_EVERY), json_schema_extra={"default": DEFAULT_EVERY})
    full_every: Duration = Field(
        default=parse_duration(DEFAULT_FULL_EVERY), json_schema_extra={"default": DEFAULT_FULL_EVERY}
    )
    time_share: Annotated[StrictInt, Field(ge=1, le=_MOST_SHARE)] = 25
    operations_per_second: Annotated[StrictInt, Field(ge=1, le=_MOST_OPERATIONS)] = 2000

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.full_every < self.every:
            raise ValueError(f"fullEvery ({format_duration(self.full_every)}) is shorter than every")
        return self
