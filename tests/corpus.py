"""Print how many labelled writes of public repositories are counted, store by store.

``python tests/corpus.py DIRECTORY [SAMPLE...]``: below the directory, a checkout of each repository of
source/corpus/labels.json, named OWNER+NAME. Each is judged with the stores that it imports. Sample 1 was read while the
table of stores was made, and 2 held out then; 3 was read to correct the table, and 4 held out then; 5 and 6 likewise.
"""
from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from flake8_artifact_pin.source.calls import find_calls
from flake8_artifact_pin.source.stores import compile_matcher
from flake8_artifact_pin.source.stores import imported_stores

LABELS = Path(__file__).parent / "source" / "corpus" / "labels.json"


def main() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for name, repository in json.loads(LABELS.read_text(encoding="utf-8")).items():
        root = Path(sys.argv[1], name.replace("/", "+"))
        if sys.argv[2:] and str(repository["sample"]) not in sys.argv[2:]:
            continue
        if root.is_dir():
            counts.update(judged(root, repository["labels"]))
        else:
            print(f"{name} is not there")
    for store in sorted({store for store, _ in counts}):
        print_row(store, *(counts[store, verdict] for verdict in ("right", "missed", "wrong")))
    totals = Counter(verdict for _, verdict in counts.elements())
    print_row("all", totals["right"], totals["missed"], totals["wrong"])


def judged(root: Path, labels: Iterable[tuple[str, Sequence[int], str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the store of each label and counted call, and whether that is right, missed or wrong."""
    texts = dict(read_texts(root))
    stores = {"s3"}.union(*map(imported_stores, texts.values()))
    found = {(path, line): store for path, text in texts.items() for line, store in calls(text, sorted(stores))}
    known = {(path, line): (verdict, store) for path, lines, verdict, store in labels for line in lines}
    for place, (verdict, store) in known.items():
        if verdict == "write":
            yield store, "right" if place in found else "missed"
        elif verdict == "no" and place in found:
            yield store, "wrong"
    for place, store in found.items():
        if place not in known and "test" not in place[0]:
            print(f"{root.name}/{place[0]}:{place[1]} has no label")
            yield store, "wrong"


def read_texts(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*.py")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def calls(text: str, stores: list[str]) -> Iterator[tuple[int, str]]:
    matcher = compile_matcher(stores)
    if matcher.may_match(text):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            return
        yield from ((call.line, call.store) for call in find_calls(tree, text.splitlines(keepends=True), matcher))


def print_row(name: str, right: int, missed: int, wrong: int) -> None:
    recall = right / (right + missed) if right + missed else 1
    print(f"| {name} | {right} | {missed} | {wrong} | {recall:.1%} | {wrong / (right + wrong or 1):.1%} |")


if __name__ == "__main__":
    main()
