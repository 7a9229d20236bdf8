"""Read a registry that is YAML. PyYAML parses it; nothing is constructed, no tag obeyed and no alias expanded."""
from __future__ import annotations

import bisect
import re
from typing import Any
from typing import NamedTuple

import yaml

from flake8_artifact_pin.pins.model import Fault
from flake8_artifact_pin.pins.toml import Position

_MAX_DEPTH = 100
_PREFIX = "tag:yaml.org,2002:"


class YamlError(Exception):
    """The text is no YAML, or none that is read here; ``fault`` says why, and where."""

    def __init__(self, fault: Fault) -> None:
        """Take the fault."""
        super().__init__(fault.problem)
        self.fault = fault


class Scalar(NamedTuple):
    """A value that is no string: its kind in YAML's words, such as "bool", and how it is written."""

    kind: str
    text: str


class YamlList(list[Any]):
    """A sequence, and where each of its items begins."""

    def __init__(self) -> None:
        """Begin with no item."""
        super().__init__()
        self.positions: list[Position] = []


class _Mapping(dict[str, Any]):
    """A mapping, as far as its keys are wanted, and what is known of it while it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.key: Any = None
        self.key_event: Any = None
        self.is_value_next = False
        self.merged: Any = None
        self.merged_event: Any = None


def read_yaml(text: str, wanted: frozenset[str]) -> object:
    """Return what a YAML text says: mappings with no other keys than the wanted ones, sequences, strings and the rest.

    That is None for null, and Scalar otherwise. Merge keys (``<<``) are obeyed. Raise YamlError.
    """
    return _Composer(text, wanted).compose()


class _Composer:
    """Puts values together from the events of PyYAML's parser.

    An alias is the value that it refers to, not a copy. Of a mapping only the wanted keys are kept, so that merging
    mappings costs no more than there are of them.
    """

    def __init__(self, text: str, wanted: frozenset[str]) -> None:
        self.text = text
        # PyYAML takes more characters for the end of a line than an editor does
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.wanted = wanted
        self.anchors: dict[str, Any] = {}
        self.open: list[Any] = []
        self.root: Any = None
        self.documents = 0

    def compose(self) -> object:
        try:
            # the one written in Python: where it is deeply nested, the other one may crash the interpreter
            loader: Any = yaml.SafeLoader(self.text)
            while loader.check_event():
                self.take(loader, loader.get_event())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(filter(None, [error.context, error.problem]))
            raise YamlError(self.fault(mark.index if mark else 0, f"not valid YAML: {problem}")) from error
        except yaml.reader.ReaderError as error:
            raise YamlError(self.fault(error.position, f"not valid YAML: {error.reason}")) from error
        except (OverflowError, ValueError) as error:
            # an escape of no character, a version of very many digits: PyYAML lets that pass
            raise YamlError(self.fault(loader.index, "not valid YAML: a number is too large")) from error
        return self.root

    def take(self, loader: Any, event: Any) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self.error(event, f"tags are not read: remove {tag}")
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.error(event, "a second document: keep one")
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self.error(event, f"*{event.anchor} refers to nothing: correct it")
            value = self.anchors[event.anchor]
            if any(value is container for container in self.open):
                raise self.error(event, f"*{event.anchor} refers to what it is in: correct it")
            self.add(event, value)
        elif isinstance(event, yaml.ScalarEvent):
            self.begin(event, self.scalar(loader, event))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self.open) == _MAX_DEPTH:
                raise self.error(event, "nested too deeply: a registry is a list of rows")
            container = YamlList() if isinstance(event, yaml.SequenceStartEvent) else _Mapping()
            self.begin(event, container)
            self.open.append(container)
        elif isinstance(event, yaml.CollectionEndEvent):
            container = self.open.pop()
            if isinstance(container, _Mapping):
                self.merge(container)

    def scalar(self, loader: Any, event: Any) -> object:
        kind: str = loader.resolve(yaml.ScalarNode, event.value, event.implicit).removeprefix(_PREFIX)
        if kind == "null":
            return None
        text: str = event.value
        return text if kind == "str" else Scalar(kind, text)

    def begin(self, event: Any, value: object) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        self.add(event, value)

    def add(self, event: Any, value: Any) -> None:
        """Put a value where it belongs: into the container that is open."""
        container = self.open[-1] if self.open else None
        if container is None:
            self.root = value
        elif isinstance(container, YamlList):
            container.append(value)
            container.positions.append(self.position(event.start_mark.index))
        elif not container.is_value_next:
            container.key, container.key_event = value, event
            container.is_value_next = True
        else:
            container.is_value_next = False
            self.add_member(event, container, container.key, value)

    def add_member(self, event: Any, mapping: _Mapping, key: Any, value: Any) -> None:
        is_merge = isinstance(key, Scalar) and key.kind == "merge"
        if is_merge and mapping.merged_event or isinstance(key, str) and key in mapping:
            raise self.error(mapping.key_event, f"{'<<' if is_merge else key} is there twice: keep one")
        if is_merge:
            # not before the end: what is merged may be read only now
            mapping.merged, mapping.merged_event = value, event
        elif isinstance(key, str) and key in self.wanted:
            mapping[key] = value

    def merge(self, mapping: _Mapping) -> None:
        """Add what a mapping merges: its own keys come first, then those of the mappings in their order."""
        if mapping.merged_event is None:
            return
        for merged in mapping.merged if isinstance(mapping.merged, YamlList) else [mapping.merged]:
            if not isinstance(merged, _Mapping):
                raise self.error(mapping.merged_event, "<< merges what is no mapping: correct it")
            for key, value in merged.items():
                mapping.setdefault(key, value)

    def position(self, index: int) -> Position:
        line = bisect.bisect_right(self.line_starts, index)
        return Position(line, index - self.line_starts[line - 1])

    def fault(self, index: int, problem: str) -> Fault:
        return Fault(*self.position(index), problem)

    def error(self, event: Any, problem: str) -> YamlError:
        return YamlError(self.fault(event.start_mark.index, problem))
