"""Read a hand-written guard test: a dict of files and numbers of calls, and tuples of paths that it passes over."""
from __future__ import annotations

import ast
import io
import os
import tokenize
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from flake8_artifact_pin.errors import UsageError
from flake8_artifact_pin.source.reasons import says_something
from flake8_artifact_pin.source.reasons import stripped

_DECORATION = "#=-*~ \t"


class Guard(NamedTuple):
    """What a guard test says: the number of calls of each file, and comments as reasons, for files and exempt paths."""

    counts: Mapping[str, int]
    reasons: Mapping[str, str]
    exempt: Mapping[str, str]


def read_guard(path: str, root: str) -> Guard:
    """Return what a guard test says; paths are relative to ``root``, the directory that they are looked for in.

    Raise UsageError if it cannot be read, or if there is no dict of paths and whole numbers in it.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
        tree = ast.parse(data)
        text = data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name the guard test")
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{path} is not Python that can be parsed ({error}): name the guard test")
    comments = _Comments(text)
    dicts = [node for node in ast.walk(tree) if isinstance(node, ast.Dict) and _is_counts(node)]
    if not dicts:
        raise UsageError(f'{path} has no dict of files and numbers such as {{"collectors/prices.py": 2}}: name the guard test')
    counts: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for node in dicts:
        keys = [key for key in node.keys if isinstance(key, ast.Constant)]
        ends = [value.end_lineno or value.lineno for value in node.values]
        for key, value, reason in zip(keys, node.values, comments.of(node, keys, ends)):
            name = os.path.normpath(str(key.value)).replace(os.sep, "/")
            counts[name] = int(ast.literal_eval(value))
            if says_something(reason):
                reasons[name] = reason
    return Guard(counts, reasons, dict(_exempt_paths(tree, comments, root)))


def _is_counts(node: ast.Dict) -> bool:
    """Return whether a dict is one of files and whole numbers."""
    return bool(node.keys) and all(
        isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.endswith(".py")
        and isinstance(value, ast.Constant) and type(value.value) is int
        for key, value in zip(node.keys, node.values)
    )


def _exempt_paths(tree: ast.AST, comments: _Comments, root: str) -> Iterator[tuple[str, str]]:
    """Yield the paths in tuples, lists and sets of paths that exist, as keys of [exempt], with their comments."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.List, ast.Set, ast.Tuple)) or not node.elts:
            continue
        texts = [element.value for element in node.elts if isinstance(element, ast.Constant) and isinstance(element.value, str)]
        keys = [_exempt_key(text, root) for text in texts]
        if len(texts) == len(node.elts) and all(keys):
            ends = [element.end_lineno or element.lineno for element in node.elts]
            yield from zip(keys, comments.of(node, node.elts, ends))


def _exempt_key(text: str, root: str) -> str:
    """Return a path as [exempt] has it; empty if there is no such file or directory."""
    if not text.strip("./") or os.path.isabs(text):
        return ""
    path = os.path.normpath(text).replace(os.sep, "/")
    full = os.path.join(root, path)
    if path.startswith("..") or not ("/" in text or text.endswith(".py")):
        return ""
    return f"{path}/" if os.path.isdir(full) else path if os.path.isfile(full) else ""


class _Comments:
    """The comments of a source, by their lines."""

    def __init__(self, text: str) -> None:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        self.texts: dict[int, str] = {}
        self.is_alone: dict[int, bool] = {}
        for token in tokens:
            if token.type == tokenize.COMMENT:
                line = token.start[0]
                self.texts[line] = token.string.strip(_DECORATION)
                self.is_alone[line] = not token.line[:token.start[1]].strip()

    def of(self, node: ast.expr, items: Sequence[ast.expr], ends: Sequence[int]) -> Iterator[str]:
        """Yield what is said of each item of a collection: in the lines above it, and behind it.

        A comment above the whole collection, on the line before it begins, is said of its first item only if that
        stands on a line of its own.
        """
        before = node.lineno
        for item, end in zip(items, ends):
            above = [line for line in range(before + 1, item.lineno) if self.is_alone.get(line)]
            behind = [line for line in range(item.lineno, end + 1) if line in self.texts]
            yield stripped(" ".join(self.texts[line] for line in (*above, *behind)))
            before = end
