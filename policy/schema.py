"""The policy's JSON Schema, for editors and for the chart's values."""

from pydantic.json_schema import GenerateJsonSchema

from policy.model import Policy
from policy.shapes import Json


def policy_schema() -> Json:
    """The JSON Schema (draft 2020-12) of a policy file, generated from the model that reads it.

    It takes whatever the model takes, and more: contradictions, the table of mount options and the rules for servers
    and paths are checked when a policy is loaded.
    """
    schema = Policy.model_json_schema(schema_generator=_WithoutFieldTitles)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


class _WithoutFieldTitles(GenerateJsonSchema):
    """A field's title would be its name once more, in lower case."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        """Never."""
        return False
