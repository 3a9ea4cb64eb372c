"""Labels on a command line: `key=value,key=value`."""

from typing import Any

import click


class LabelList(click.ParamType[dict[str, str]]):
    """Turns `k=v,k=v` into a dict; the last of two equal keys wins."""

    name = "k=v,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Parse the text; a part without `=` or without a key is wrong usage."""
        if isinstance(value, dict):
            return value
        labels = {}
        for part in filter(None, (each.strip() for each in str(value).split(","))):
            key, equals, label = part.partition("=")
            if not key or not equals:
                self.fail(f"{part!r} is not of the form key=value", param, ctx)
            labels[key.strip()] = label.strip()
        return labels
