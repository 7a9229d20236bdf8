"""Draw the pictures of the README from the example: python tests/tools/pictures.py [DIRECTORY].

Colours are those of the command's output, and places those of its findings.
"""
from __future__ import annotations

import io
import keyword
import os
import re
import shlex
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from flake8_artifact_pin.cli.main import main

EXAMPLE = Path(__file__).parent.parent / "example"
PICTURES = Path(__file__).parent.parent / "pictures"

COMMANDS = (
    "flake8-artifact-pin check collectors/prices.py",
    "flake8-artifact-pin decide collectors/prices.py:18 --registered prices_index",
    "flake8-artifact-pin decide collectors/prices.py:17 --deferred config#2350",
    "flake8-artifact-pin check collectors/prices.py",
)
SHOWN = ("collectors/prices.py", range(13, 19))

COLUMNS = 112
FONT_SIZE, CHARACTER, LINE, MARGIN, BAR = 13, 7.83, 19, 16, 34
BACKGROUND, TITLE_BAR, TEXT, FAINT = "#1e2228", "#2b313a", "#d5dae2", "#7b8594"
RED, CYAN, GREEN, BLUE = "#ff7b72", "#56c8d8", "#8ccf7e", "#79b8ff"
BUTTONS = ("#ff5f57", "#febc2e", "#28c840")

# What the command writes: "select graphic rendition" of ECMA-48.
SGR = re.compile(r"\x1b\[([\d;]*)m")
CODE = re.compile(rf'(?P<string>f?"[^"]*")|\b(?:{"|".join(keyword.kwlist)})\b')
FINDING = re.compile(r"[^:]+:(?P<line>\d+):(?P<column>\d+): (?P<code>\w+) (?P<text>.*)")


class Piece(NamedTuple):
    """A piece of a line: its text, colour and whether it is bold."""

    text: str
    colour: str = TEXT
    is_bold: bool = False


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(command: str, directory: Path) -> str:
    """Return what the command prints on a terminal: its results, then what is said beside them."""
    before = os.getcwd()
    os.chdir(directory)
    try:
        with redirect_stdout(Terminal()) as out, redirect_stderr(io.StringIO()) as err:
            main(shlex.split(command)[1:])
    finally:
        os.chdir(before)
    return out.getvalue() + err.getvalue()


@contextmanager
def copied_example() -> Iterator[Path]:
    """Make a copy of the example, which the commands may change, outside of git."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(shutil.copytree(EXAMPLE, name, dirs_exist_ok=True))


def terminal() -> str:
    """Return the picture of a terminal session."""
    lines: list[list[Piece]] = []
    with copied_example() as copy:
        # what is stale there is another story
        run("flake8-artifact-pin prune", copy)
        for command in COMMANDS:
            lines.append([Piece("$ ", GREEN, True), Piece(command, TEXT, True)])
            for line in run(command, copy).splitlines():
                lines += wrapped(pieces_of(line))
    lines.append([Piece("$ ", GREEN, True)])
    return picture("example", list(rows(lines)), len(lines))


def pieces_of(line: str) -> Iterator[Piece]:
    """Yield the pieces of a line with colours."""
    colour, is_bold = TEXT, False
    texts = SGR.split(line)
    for text, code in zip(texts[::2], [*texts[1::2], ""]):
        if text:
            yield Piece(text, colour, is_bold)
        for number in code.split(";"):
            is_bold = number == "1" or (is_bold and number not in ("", "0"))
            colour = {"31": RED, "36": CYAN, "": TEXT, "0": TEXT}.get(number, colour)


def wrapped(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield the lines that a terminal makes of a long one."""
    line: list[Piece] = []
    room = COLUMNS
    for piece in pieces:
        text = piece.text
        while text:
            line.append(piece._replace(text=text[:room]))
            text, room = text[room:], room - len(text[:room])
            if not room:
                yield line
                line, room = [], COLUMNS
    if line:
        yield line


def editor() -> str:
    """Return the picture of an editor that shows findings inline."""
    name, numbers = SHOWN
    source = (EXAMPLE / name).read_text(encoding="utf-8").splitlines()
    with copied_example() as copy:
        output = SGR.sub("", run(f"flake8-artifact-pin check {name}", copy))
    found = [match for line in output.splitlines() if (match := FINDING.match(line))]
    findings = {int(match["line"]): match for match in found if int(match["line"]) in numbers}
    lines: list[list[Piece]] = []
    marks = []
    for number in numbers:
        gutter = Piece(f"{number:>4}  ", RED if number in findings else FAINT)
        lines.append([gutter, *highlighted(source[number - 1])])
        if number in findings:
            match = findings[number]
            column = int(match["column"]) - 1
            method = re.split(r"\W", source[number - 1][column:])[0]
            marks.append(squiggle(len(lines), len(gutter.text) + column, len(method)))
            for part in textwrap.wrap(f"{match['code']} {match['text']}", COLUMNS - 12):
                lines.append([Piece(" " * 8 + part, RED)])
    return picture(name, [*rows(lines), *marks], len(lines))


def highlighted(line: str) -> Iterator[Piece]:
    """Yield the pieces of a line of Python: enough for the example, and the same on each version of Python."""
    position = 0
    for match in CODE.finditer(line):
        yield Piece(line[position:match.start()])
        yield Piece(match.group(), GREEN if match["string"] else BLUE)
        position = match.end()
    yield Piece(line[position:])


def rows(lines: Sequence[Sequence[Piece]]) -> Iterator[str]:
    """Yield an element for each piece of the lines."""
    for number, line in enumerate(lines, start=1):
        column = 0
        for piece in line:
            text = piece.text.lstrip(" ")
            start = column + len(piece.text) - len(text)
            column += len(piece.text)
            if text:
                weight = ' font-weight="bold"' if piece.is_bold else ""
                # each with its place and length, so that columns are columns whatever font there is
                yield (
                    f'<text x="{MARGIN + start * CHARACTER:.1f}" y="{baseline(number)}" fill="{piece.colour}"{weight}'
                    f' textLength="{len(text) * CHARACTER:.1f}">{escape(text)}</text>'
                )


def baseline(number: int) -> int:
    """Return where a line (1-based) stands."""
    return BAR + MARGIN + number * LINE - 6


def squiggle(number: int, column: int, length: int) -> str:
    """Return the mark below a part of a line (1-based): from a column (0-based) on."""
    start, y = MARGIN + column * CHARACTER, baseline(number) + 4
    waves = "".join(" q 1.5 -3 3 0 t 3 0" for _ in range(round(length * CHARACTER / 6)))
    return f'<path d="M {start:.1f} {y}{waves}" fill="none" stroke="{RED}"/>'


def picture(title: str, elements: Sequence[str], lines: int) -> str:
    """Return a window with elements in it, as SVG."""
    width, height = round(COLUMNS * CHARACTER + 2 * MARGIN), BAR + 2 * MARGIN + lines * LINE
    buttons = "".join(
        f'<circle cx="{18 + 18 * number}" cy="{BAR / 2:g}" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(BUTTONS)
    )
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="monospace" font-size="{FONT_SIZE}"'
        ' xml:space="preserve">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
        f'<path d="M 0 {BAR} V 8 Q 0 0 8 0 H {width - 8} Q {width} 0 {width} 8 V {BAR} Z" fill="{TITLE_BAR}"/>',
        buttons,
        f'<text x="{width / 2:g}" y="{BAR / 2 + 5:g}" fill="{FAINT}" text-anchor="middle">{escape(title)}</text>',
        *elements,
        "</svg>",
        "",
    ])


DRAWN = {"terminal.svg": terminal, "editor.svg": editor}


def write_pictures() -> None:
    """Write the pictures."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    directory.mkdir(parents=True, exist_ok=True)
    for name, draw in DRAWN.items():
        (directory / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    write_pictures()
