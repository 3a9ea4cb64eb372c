"""From the text of a policy file to a `Policy`, or to everything that is wrong with it."""

from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from policy.cautions import policy_warnings
from policy.errors import PolicyInvalid, Problem
from policy.model import Policy
from policy.plainyaml import read_yaml
from policy.spelling import meant

__all__ = ["load_policy", "policy_warnings"]

_LARGEST_FILE = 1024 * 1024
"""Characters; a ConfigMap holds at most 1 MiB."""

_OF_A_KEY = "[key]"
"""Pydantic's last step to a key of a mapping, behind the key itself."""

_PLAINLY = {
    "tuple_type": "should be a list",
    "dict_type": "should be a mapping, of names to values",
    "model_type": "should be a mapping, of names to values",
    "string_type": "should be text: put it in quotes",
    "int_type": "should be a whole number",
    "bool_type": "should be true or false",
    "too_short": "should hold something, or be left out",
}
"""What pydantic's kinds of errors mean to somebody who writes YAML."""


def load_policy(text: str, source: str) -> Policy:
    """Read a policy from YAML; `source` names the file in messages.

    Raises `PolicyInvalid` with every problem: where it is, what stands there, and why that cannot be.
    """
    document = _document(text, source)
    try:
        return Policy.model_validate(document)
    except ValidationError as error:
        raise PolicyInvalid((_problem(each) for each in error.errors(include_url=False)), source) from None
    except PolicyInvalid as error:
        raise PolicyInvalid(error.problems, source) from None


def _document(text: str, source: str) -> Any:
    if len(text) > _LARGEST_FILE:
        raise PolicyInvalid([Problem("policy", None, f"is longer than {_LARGEST_FILE} characters")], source)
    try:
        return read_yaml(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "policy"
        raise PolicyInvalid([Problem(place, None, error.problem or "is no YAML")], source) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PolicyInvalid([Problem("policy", None, f"is no YAML that can be read: {error}")], source) from None


def _problem(error: ErrorDetails) -> Problem:
    path = _path(error["loc"])
    if error["type"] == "missing":
        return Problem(path, None, "is required")
    if error["type"] == "extra_forbidden":
        unknown = str(error["loc"][-1])
        return Problem(path, error["input"], f"unknown field{meant(unknown, _fields_at(error['loc']))}")
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return Problem(path, error["input"], _PLAINLY.get(error["type"], said))


def _path(loc: tuple[int | str, ...]) -> str:
    """`("profiles", 1, "claim")` as `profiles[1].claim`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc if step != _OF_A_KEY)
    return text.lstrip(".") or "policy"


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    """The names, as in the file, of the fields that could stand where the last step of `loc` does."""
    model: type[BaseModel] = Policy
    for step in loc[:-1]:
        for field in model.model_fields.values():
            if field.alias == step:
                model = _model_within(field.annotation) or model
    return [field.alias for field in model.model_fields.values() if field.alias]


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """The model that a field's type is, or is a tuple or an option of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_within, get_args(annotation))), None)
