"""Kubernetes' LabelSelector: its schema and its meaning.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from policy.settings import Setting


class LabelRequirement(Setting):
    """One of `matchExpressions`."""

    key: str = Field(min_length=1)
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _values_suit_the_operator(self) -> Self:
        wants_values = self.operator in ("In", "NotIn")
        if wants_values != bool(self.values):
            need = "needs at least one value" if wants_values else "takes no values"
            raise ValueError(f"the operator {self.operator} {need}")
        return self

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet this requirement; as in Kubernetes, `NotIn` holds for an absent label."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


class LabelSelector(Setting):
    """All of its requirements must hold; one without any matches everything."""

    match_labels: dict[str, str] = Field(default_factory=dict)
    match_expressions: tuple[LabelRequirement, ...] = ()


def selector_matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether `labels` meet every requirement of `selector`."""
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        requirement.matches(labels) for requirement in selector.match_expressions
    )
