"""What every part of the policy's schema has in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Setting(BaseModel):
    """A frozen part of the policy: camelCase in the file, snake_case in the code, unknown fields refused.

    Only the file's spelling is read (`mountOptions=` also when built in code), so that a file cannot slip in
    `mount_options` unnoticed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)
