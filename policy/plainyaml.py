"""YAML without what makes it treacherous: no aliases, no duplicate keys, no keys but text, one document."""

from typing import Any

import yaml


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, refusing what YAML allows and a policy has no use for."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a few lines of them can stand for billions of values."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # the stubs leave it bare
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not read here; write it out", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is there twice, where YAML's loader would let the last one win, and `yes:` and `1:`."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != self.DEFAULT_SCALAR_TAG:
                raise yaml.MarkedYAMLError(problem="a key must be text: put it in quotes", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value} is there twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> Any:
    """The one document in `text` as plain values; raises `yaml.YAMLError`, or ValueError for an impossible date."""
    return yaml.load(text, Loader=_PlainLoader)
