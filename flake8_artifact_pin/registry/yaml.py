"""Read a YAML registry. PyYAML only composes nodes: no objects are constructed, no tags obeyed, no aliases expanded."""
from __future__ import annotations

import yaml

from flake8_artifact_pin.pins.toml import Position
from flake8_artifact_pin.pins.toml import positions_in

_TAG = "tag:yaml.org,2002:"


class YamlError(Exception):
    """The text is not valid YAML, or uses a feature that is not supported here."""

    def __init__(self, problem: str, position: Position) -> None:
        """Take the message and its position."""
        super().__init__(problem)
        self.position = position


def read_rows(text: str, list_key: str, wanted: frozenset[str]) -> object:
    """Return the rows of the list at a top-level key of a YAML text: the wanted keys of each row, and its position.

    Values are strings, None for null, and nodes for anything else. A row that is not a mapping has None for its keys.
    Return None if the key is missing, and a value that is not a list if the key has one. Raise YamlError.
    """
    return _Document(text, wanted | {list_key}).rows(list_key)


class _Document:
    def __init__(self, text: str, wanted: frozenset[str]) -> None:
        self.text = text
        self.wanted = wanted
        # PyYAML knows more line ends than editors do, so lines are counted here
        self.position = positions_in(text)
        self.known: dict[int, dict[str, yaml.Node] | None] = {}

    def rows(self, list_key: str) -> object:
        try:
            # not CSafeLoader: deep nesting may crash the interpreter in it
            root = yaml.compose(self.text, Loader=yaml.SafeLoader)
            found = self.members(root).get(list_key) if root and self.is_mapping(root) else None
            if not isinstance(found, yaml.SequenceNode):
                return None if found is None else self.value(found)
            self.check_tag(found, "seq")
            return [self.row(item) for item in found.value]
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(filter(None, [error.context, error.problem]))
            raise self.error(mark.index if mark else 0, f"not valid YAML: {problem}") from error
        except yaml.reader.ReaderError as error:
            raise self.error(error.position, f"not valid YAML: {error.reason}") from error
        except RecursionError as error:
            raise self.error(0, "nested too deeply: a registry is a list of rows") from error
        except (OverflowError, ValueError) as error:
            # PyYAML does not catch these: an escape beyond Unicode, a version with too many digits
            raise self.error(0, "not valid YAML: a number is too large") from error

    def row(self, node: yaml.Node) -> tuple[dict[str, object] | None, Position]:
        fields = None
        if self.is_mapping(node):
            fields = {key: self.value(value) for key, value in self.members(node).items()}
        return fields, self.position(node.start_mark.index)

    def is_mapping(self, node: yaml.Node) -> bool:
        if isinstance(node, yaml.MappingNode):
            self.check_tag(node, "map")
            return True
        return False

    def members(self, node: yaml.Node) -> dict[str, yaml.Node]:
        """Return the wanted keys of a mapping and of the mappings that it merges; its own keys win."""
        if id(node) in self.known:
            known = self.known[id(node)]
            if known is None:
                raise self.error(node.start_mark.index, "<< merges a mapping into itself: correct it")
            return known
        self.known[id(node)] = None
        members: dict[str, yaml.Node] = {}
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                merged += [(key, item) for item in (value.value if isinstance(value, yaml.SequenceNode) else [value])]
            elif key.tag == f"{_TAG}str" and key.value in self.wanted:
                if key.value in members:
                    raise self.error(key.start_mark.index, f"duplicate {key.value}: keep one")
                members[key.value] = value
        for key, other in merged:
            if not self.is_mapping(other):
                raise self.error(key.start_mark.index, "<< merges what is not a mapping: correct it")
            members = {**self.members(other), **members}
        self.known[id(node)] = members
        return members

    def value(self, node: yaml.Node) -> object:
        if isinstance(node, yaml.ScalarNode) and node.tag in (f"{_TAG}str", f"{_TAG}null"):
            return str(node.value) if node.tag == f"{_TAG}str" else None
        return node

    def check_tag(self, node: yaml.Node, kind: str) -> None:
        if node.tag != f"{_TAG}{kind}":
            raise self.error(node.start_mark.index, f"tags are not read: remove {node.tag}")

    def error(self, index: int, problem: str) -> YamlError:
        return YamlError(problem, self.position(index))
