"""Read a hand-written guard test: its dict of files and numbers of calls, and the paths that it skips."""
from __future__ import annotations

import ast
import io
import os
import posixpath
import re
import tokenize
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.cli.init.comments import Comments
from flake8_artifact_pin.cli.init.comments import Lines
from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.pins.paths import path_problem
from flake8_artifact_pin.source.reasons import stripped

# Parts of names to which skipped paths are assigned.
_EXCLUDING = re.compile(
    r"allow|except|exclu|exempt|ignor|non?_|not_|omit|out_of|pass|prefix|skip|test|white", re.IGNORECASE,
)
# Exclusions in the arguments of git grep.
_PATHSPEC = re.compile(r":(?:[!^]|\((?:exclude|[a-z]+,exclude)\))(?P<path>.+)")
# Functions and methods that return the path that they get.
_PATHS = frozenset(["Path", "PosixPath", "PurePath", "PurePosixPath", "fspath", "str"])
_SAME = frozenset(["absolute", "as_posix", "resolve"])


class Guard(NamedTuple):
    """The content of a guard test: the number of calls of each file, reasons by file, and reasons by exempt path."""

    counts: Mapping[str, int] = {}
    reasons: Mapping[str, str] = {}
    exempt: Mapping[str, str] = {}


class _Entry(NamedTuple):
    """A path in a guard test, its value, and the comment on it."""

    path: str
    value: ast.expr | None
    reason: str


def read_guard(path: str, root: str) -> Guard:
    """Read a guard test. Paths become relative to ``root``, the directory of the new pins file.

    Raise UsageError if it cannot be read, or has no dict of paths and whole numbers.
    """
    reader = _Reader(*_parse(path))
    groups = list(reader.counts())
    if not groups:
        raise UsageError(
            f'{path} has no dict of files and numbers such as {{"collectors/prices.py": 2}}: name the guard test',
        )
    base = _base(path, root, [entry.path for group in groups for entry in group])
    counted = list(_there(groups, os.path.join(root, base)))
    counts = {posixpath.join(base, entry.path): _whole_number(entry.value) or 0 for entry in counted}
    reasons = {posixpath.join(base, entry.path): entry.reason for entry in counted if entry.reason}
    exempt: dict[str, str] = {}
    for group in reader.exempt():
        found = {_exempt_key(posixpath.join(base, entry.path), root): entry.reason for entry in group}
        found.pop("", None)
        # a collection that holds counted files lists what is searched, not what is skipped
        if not any(name == key or name.startswith(key) for key in found for name in counts):
            exempt |= {key: reason or exempt.get(key, "") for key, reason in found.items()}
    default = f"exempt in {os.path.basename(path)}"
    return Guard(counts, reasons, {key: reason or default for key, reason in exempt.items()})


def _parse(path: str) -> tuple[ast.Module, Comments]:
    try:
        with open(path, "rb") as file:
            data = file.read()
        tree = ast.parse(data)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return tree, Comments(io.TextIOWrapper(io.BytesIO(data), encoding).read())
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name the guard test")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{path} is not Python that can be parsed ({error}): name the guard test")


def _base(path: str, root: str, names: Sequence[str]) -> str:
    """Return the base path of the guard's paths, relative to the root: the one below which most of them exist."""
    around = os.path.relpath(os.path.dirname(os.path.realpath(path)), os.path.realpath(root)).replace(os.sep, "/")
    parts = [] if around.startswith("..") else around.split("/")
    bases = ["", "src", *("/".join(parts[:length]) for length in range(1, len(parts) + 1))]
    return max(bases, key=lambda base: sum(os.path.isfile(os.path.join(root, base, name)) for name in names))


def _there(groups: Sequence[Sequence[_Entry]], directory: str) -> Iterator[_Entry]:
    """Yield the entries of dicts with existing files; those of all dicts if no file exists."""
    there = [group for group in groups if any(os.path.isfile(os.path.join(directory, entry.path)) for entry in group)]
    for group in there or groups:
        yield from group


def _exempt_key(path: str, root: str) -> str:
    """Return a path as a key of [exempt]; empty if there is no such file or directory below the root."""
    path = posixpath.normpath(path)
    full = os.path.join(root, path)
    if path_problem(path):
        return ""
    return f"{path}/" if os.path.isdir(full) else path if os.path.isfile(full) else ""


class _Reader:
    """The dicts, tuples, lists and sets of paths in a source."""

    def __init__(self, tree: ast.Module, comments: Comments) -> None:
        self.tree = tree
        self.comments = comments
        self.constants = _constants(tree)
        self.statements = dict(_assigned(tree))

    def counts(self) -> Iterator[Sequence[_Entry]]:
        """Yield the entries of each dict of files and numbers, and of assignments such as ``PINNED[path] = 1``."""
        for node in ast.walk(self.tree):
            pairs = list(_pairs(node))
            paths = [self.path(key) for key, _ in pairs]
            if all(paths) and any(path.endswith(".py") for path in paths):
                if all(_whole_number(value) is not None for _, value in pairs):
                    yield self.entries(pairs)

    def exempt(self) -> Iterator[Sequence[_Entry]]:
        """Yield the entries of each collection that may hold skipped paths."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Dict):
                if all(isinstance(value, ast.Constant) and isinstance(value.value, str) for value in node.values):
                    yield self.group(node, list(_pairs(node)))
            elif isinstance(node, (ast.List, ast.Set, ast.Tuple)):
                yield self.group(node, [(element, element) for element in node.elts])
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "startswith":
                yield self.group(node, [(argument, argument) for argument in node.args[:1]])
            elif isinstance(node, ast.expr) and self.is_excluding(node):
                yield self.group(node, [(node, node)])
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                pathspec = _PATHSPEC.fullmatch(node.value)
                if pathspec:
                    reasons = self.comments.reasons([_lines(node, node)])
                    yield [_Entry(pathspec["path"].rstrip("*"), None, reason) for reason in reasons]

    def group(self, node: ast.expr, pairs: Sequence[tuple[ast.expr, ast.expr]]) -> Sequence[_Entry]:
        """Return the entries of a collection. Their reason is a dict's value, their comment, or the comment above."""
        paths = [self.path(key) for key, _ in pairs]
        if not all("/" in path or path.endswith(".py") or path and self.is_excluding(node) for path in paths):
            return ()
        statement = self.statements.get(node)
        above = self.comments.above(statement.lineno) if statement else ""
        return [
            entry._replace(reason=_text(entry.value) or entry.reason or above) if isinstance(node, ast.Dict)
            else entry._replace(reason=entry.reason or above)
            for entry in self.entries(pairs)
        ]

    def is_excluding(self, node: ast.expr) -> bool:
        """Return whether a value is assigned to a name for skipped paths."""
        statement = self.statements.get(node)
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        name = getattr(targets[0], "id", getattr(targets[0], "attr", ""))
        return _EXCLUDING.search(name) is not None

    def entries(self, pairs: Sequence[tuple[ast.expr, ast.expr]]) -> Sequence[_Entry]:
        """Return the entries of keys and values, with their comments."""
        if not pairs:
            return ()
        reasons = self.comments.reasons([_lines(key, value) for key, value in pairs])
        return [
            _Entry(posixpath.normpath(self.path(key)), value, reason)
            for (key, value), reason in zip(pairs, reasons, strict=True)
        ]

    def path(self, node: ast.expr) -> str:
        """Return the path of an expression; an empty string if it is not a path below the root."""
        path = _written_path(node, self.constants) or ""
        return "" if posixpath.isabs(path) or not path.strip("./") else path


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the keys and values of a dict, of ``dict([(key, value), ...])``, or of ``name[key] = value``."""
    if isinstance(node, ast.Dict):
        yield from ((key, value) for key, value in zip(node.keys, node.values) if key)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        yield node.targets[0].slice, node.value
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("dict", "OrderedDict") and node.args:
        for item in getattr(node.args[0], "elts", ()):
            if isinstance(item, (ast.List, ast.Tuple)) and len(item.elts) == 2:
                yield item.elts[0], item.elts[1]


def _assigned(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.stmt]]:
    """Yield assigned values with their statements, also values within frozenset() and the like."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.AnnAssign, ast.Assign, ast.AugAssign)) and node.value:
            value = node.value
            yield value, node
            if isinstance(value, ast.Call) and len(value.args) == 1:
                yield value.args[0], node


def _lines(key: ast.expr, value: ast.expr) -> Lines:
    return Lines(key.lineno, value.end_lineno or value.lineno)


def _text(node: ast.expr | None) -> str:
    return stripped(str(node.value)) if isinstance(node, ast.Constant) else ""


def _constants(tree: ast.Module) -> Mapping[str, str]:
    """Return the paths that a module assigns to names, by these names."""
    found: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            path = _written_path(value, found)
            if path is not None:
                found[target.id] = path
    return found


def _written_path(node: ast.expr | None, names: Mapping[str, str]) -> str | None:
    """Return the path of an expression, relative to the root; None if the source does not tell.

    An unknown first part, as in ``ROOT / "collectors"``, stands for the root.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined([node.left, node.right], names)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _written_path(node.left, names), _written_path(node.right, names)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in _SAME and isinstance(node.func, ast.Attribute):
            return _written_path(node.func.value, names)
        if node.args and (name in _PATHS or name == "join"):
            return _joined(node.args, names)
    return None


def _whole_number(node: ast.expr | None) -> int | None:
    """Return the value of a whole number, a sum or the length of a list; None for any other expression."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _whole_number(node.left), _whole_number(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and len(node.args) == 1:
        items = getattr(node.args[0], "elts", None)
        return None if items is None else len(items)
    return None


def _joined(parts: Sequence[ast.expr], names: Mapping[str, str]) -> str | None:
    first, *others = (_written_path(part, names) for part in parts)
    known = [other for other in others if other is not None]
    if len(known) < len(others) or first is None and not others:
        return None
    return posixpath.join(first or "", *known)
