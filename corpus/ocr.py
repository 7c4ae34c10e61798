"""Text recognition (OCR) for the pages of a PDF that are pictures, or whose fonts give nonsense.

The optional extra `ocr` brings RapidOCR with the PP-OCRv4 models for Chinese in its package; nothing is downloaded, and
nothing of it is imported before a page needs it. A recogniser says what stands where in a picture; everything after
that, from columns to running heads, is the same as for a page that carries its text.

What is mended, each from what the picture shows and never by a dictionary:

    skew            lines that all climb or fall alike are laid level
    a turned page   read again in the other three directions, the one that reads best is taken
    white space     lost between `第一条` and `为了`, or between Latin words: given back where the picture shows it
    half width      `计划,2016年` to `计划，2016年` where the mark takes the room of a full-width one or its pair is one

Characters are never exchanged for likelier ones: a doubtful one is counted and its line named instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from itertools import groupby, pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, Protocol

import pypdfium2

from corpus.clean import HAN
from corpus.doubts import Doubt
from corpus.glyphs import Glyph, Space
from corpus.places import Place, place_of
from corpus.printed import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

before_picture: list[Callable[[], None]] = []
"""Called before each picture is recognised, which takes 5 to 20 seconds: whoever limits the time must know of it."""

DPI = 200
"""Fewer dots lose footnotes in small type, more take longer and read no better."""

_LARGEST = 4000
"""Pixels of a picture's longer side, whatever the size of the page."""
_THREADS = 2
_DOUBTFUL = 0.6
"""A character recognised with less confidence is doubtful."""
_ILLEGIBLE = 0.5
"""A line recognised with less confidence, on average, is left out."""
_FEWEST_READ = 20
"""With fewer characters well read, a page may stand on its head."""
_LINES_NAMED = 3
_NAMED_LENGTH = 40
_INK = 0.6
"""Of the lightness of the paper; what is darker is ink."""

_FULL_WIDTH = str.maketrans(",:;!?()", "，：；！？（）")
_MARK = re.compile(r"[,:;!?()“”\"，。、：；！？（）《》]")
_PAIRS = {"（)": "（）", "(）": "（）", "()": "()", "（）": "（）", '“"': "“”", "“”": "“”"}
_OPENING, _CLOSING = "(（“", ')）”"'
_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Character:
    """A recognised character, its box in pixels from the upper left corner of the picture, its confidence 0 to 1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of its box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """Characters of one line of a picture from left to right, never none."""

    characters: tuple[Character, ...]

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(character.text for character in self.characters)

    @property
    def confidence(self) -> float:
        """The mean of its characters'."""
        return fmean(character.confidence for character in self.characters)


class Recogniser(Protocol):
    """Finds the lines of a picture, in any order."""

    def __call__(self, image: NDArray[np.uint8]) -> list[RecognisedLine]:
        """The lines of a picture of shape (height, width, 3), its colours blue, green, red."""


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """The characters of a page as `corpus.layout` takes them, its width in points, and doubts without its number."""

    glyphs: tuple[Glyph, ...]
    width: float
    doubts: tuple[Doubt, ...]


@cache
def installed() -> Recogniser | None:
    """The recogniser of the extra `ocr`, its models loaded once; None where the extra is not installed.

    Raises `ImportError` where it is installed and does not start: opencv needs libGL and glib of the system.
    """
    return _Rapid() if find_spec("rapidocr_onnxruntime") else None


def recognise(page: pypdfium2.PdfPage, recogniser: Recogniser) -> RecognisedPage:
    """Read a page from its picture. Without glyphs where there is nothing to read on it."""
    scale = min(DPI / 72, _LARGEST / max(page.get_width(), page.get_height()))
    image: NDArray[np.uint8] = page.render(scale=scale).to_numpy()
    lines, image, quarters = _upright(image, recogniser)
    legible = [line for line in lines if line.confidence >= _ILLEGIBLE]
    height, width = image.shape[:2]
    return RecognisedPage(
        glyphs=tuple(
            replace(glyph, place=_place(box, width, height, quarters))
            for glyph, box in _glyphs([_full_width(_spaced(line, image)) for line in legible], image, scale)
        ),
        width=width / scale,
        doubts=tuple(_doubts(legible, len(lines) - len(legible))),
    )


class _Rapid:
    """RapidOCR behind the protocol."""

    def __init__(self) -> None:
        from rapidocr_onnxruntime import RapidOCR

        self._engine = RapidOCR(
            max_side_len=_LARGEST, det_limit_type="max", use_cls=False, intra_op_num_threads=_THREADS
        )

    def __call__(self, image: NDArray[np.uint8]) -> list[RecognisedLine]:
        found, _ = self._engine(image, return_word_box=True, text_score=0.0)
        return [_line(*row[3:]) for row in found or [] if row[1].strip()]


def _line(boxes: Sequence[Any], texts: Sequence[str], confidences: Sequence[float]) -> RecognisedLine:
    """A line of RapidOCR: a quadrangle, a text and a confidence for each of its characters."""
    characters = []
    for box, text, confidence in zip(boxes, texts, confidences, strict=True):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = box
        characters.append(Character(text, (ax + dx) / 2, (ay + by) / 2, (bx + cx) / 2, (cy + dy) / 2, confidence))
    return RecognisedLine(tuple(characters))


def _upright(image: NDArray[np.uint8], recogniser: Recogniser) -> tuple[list[RecognisedLine], NDArray[np.uint8], int]:
    """The lines of a picture and the picture, turned where it reads badly as it is and better turned, and how far: so
    many quarters against the clock."""
    import numpy as np

    best, best_lines, best_quarters = image, _read(image, recogniser), 0
    for quarters in (1, 3, 2):
        if _well_read(best_lines) >= max(_FEWEST_READ, 0.5 * sum(len(line.characters) for line in best_lines)):
            break
        turned = np.ascontiguousarray(np.rot90(image, quarters))
        lines = _read(turned, recogniser)
        if _well_read(lines) > _well_read(best_lines):
            best, best_lines, best_quarters = turned, lines, quarters
    return best_lines, best, best_quarters


def _read(image: NDArray[np.uint8], recogniser: Recogniser) -> list[RecognisedLine]:
    for tell in before_picture:
        tell()
    return recogniser(image)


def _well_read(lines: Sequence[RecognisedLine]) -> int:
    """Characters in lines that run from left to right and are read with confidence."""
    return sum(len(line.characters) for line in lines if line.confidence >= 0.8 and _runs_right(line))


def _runs_right(line: RecognisedLine) -> bool:
    (x0, y0), (x1, y1) = line.characters[0].middle, line.characters[-1].middle
    return len(line.characters) == 1 or x1 - x0 > abs(y1 - y0)


def _spaced(line: RecognisedLine, image: NDArray[np.uint8]) -> RecognisedLine:
    """The line with the spaces between Latin words that the recogniser lost: where white runs from top to bottom."""
    height = median(c.bottom - c.top for c in line.characters)
    spaced = [line.characters[0]]
    for last, character in pairwise(line.characters):
        (x0, y), (x1, _) = last.middle, character.middle
        if _in_words(last.text, character.text) and x1 > x0:
            band = image[max(int(y - height / 2), 0) : int(y + height / 2), int(x0) : int(x1) + 1].min(axis=(0, 2))
            runs = [(white, len(list(run))) for white, run in groupby(band > _INK * image.max())]
            if any(white and 0.16 * height < length for white, length in runs[1:-1]):
                spaced.append(replace(last, text=" ", left=x0, right=x1))
        spaced.append(character)
    return RecognisedLine(tuple(spaced))


def _in_words(a: str, b: str) -> bool:
    """Whether two neighbours may be parted as words are: figures stand far apart in any case, above all a 1."""
    return a.isascii() and b.isascii() and (a.isalpha() or b.isalpha()) and not re.search(r"[\d\s]", a + b)


def _full_mark(text: str) -> bool:
    return not text.isascii() and bool(_MARK.match(text))


def _full_width(line: RecognisedLine) -> RecognisedLine:
    """Half-width marks that stand between two Chinese characters, or take the room of full-width ones, made full.

    Between Latin letters they stay as they are; between Chinese characters a narrow one is a full one that is squeezed.
    """
    characters = list(line.characters)
    width = _em(line)
    visible = [i for i, character in enumerate(characters) if character.text.strip()]
    marks = groupby(range(len(visible)), key=lambda k: bool(_MARK.match(characters[visible[k]].text)))
    for run in [list(run) for mark, run in marks if mark]:
        before = characters[visible[run[0] - 1]] if run[0] > 0 else None
        after = characters[visible[run[-1] + 1]] if run[-1] + 1 < len(visible) else None
        sides = [bool(_HAN.match(side.text)) for side in (before, after) if side is not None]
        full = bool(sides) and all(sides)
        if before is not None and after is not None and any(sides) and not full:
            room = after.middle[0] - before.middle[0] - sum(width if han else width / 2 for han in sides) / 2
            full = room > (0.5 * len(run) + 0.2) * width
        if full:
            for i in (visible[k] for k in run):
                characters[i] = replace(characters[i], text=characters[i].text.translate(_FULL_WIDTH))
    return RecognisedLine(_paired(characters))


def _paired(characters: Sequence[Character]) -> tuple[Character, ...]:
    """Brackets and quotation marks of which one is Chinese, made so on both sides: `（英文)` to `（英文）`."""
    paired = list(characters)
    opened: list[int] = []
    for i, character in enumerate(paired):
        if character.text in _OPENING:
            opened.append(i)
        elif character.text in _CLOSING and opened:
            pair = paired[opened[-1]].text + character.text
            if pair in _PAIRS:
                paired[opened[-1]] = replace(paired[opened[-1]], text=_PAIRS[pair][0])
                paired[i] = replace(character, text=_PAIRS[pair][1])
                opened.pop()
    return tuple(paired)


def _em(line: RecognisedLine) -> float:
    """The width of a Chinese character in a line: the usual step from one to the next, else the line's height."""
    steps = [
        b.middle[0] - a.middle[0] for a, b in pairwise(line.characters) if _HAN.match(a.text) and _HAN.match(b.text)
    ]
    return median(steps) if len(steps) >= 3 else median(c.bottom - c.top for c in line.characters)


def _place(box: Box, width: int, height: int, quarters: int) -> Place | None:
    """The place on the page of a box in the picture of this size, which was turned by so many quarters."""
    left, top, right, bottom = box[0] / width, box[1] / height, box[2] / width, box[3] / height
    for _ in range(quarters):  # the right edge of the page as shown has become the upper one of the picture
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return place_of(left, top, right, bottom)


def _glyphs(lines: Sequence[RecognisedLine], image: NDArray[np.uint8], scale: float) -> Iterator[tuple[Glyph, Box]]:
    """The characters in points from the lower left, laid level, each with the white space before it, and its box in
    the picture as it is: left, top, right, bottom."""
    angle = _skew(lines)
    height = image.shape[0]
    dark: NDArray[np.bool_] = image.min(axis=2) < _INK * image.max()
    for line in lines:
        middles = [_turned(character.middle, angle) for character in line.characters]
        y = median(middle[1] for middle in middles)
        half = min(_em(line), median(c.bottom - c.top for c in line.characters)) / 2
        last: Character | None = None
        end, spaced = 0.0, False
        for character, (x, _), box in zip(line.characters, middles, _boxes(line, half, dark), strict=True):
            if not character.text.strip():
                spaced = True
                continue
            reach = _reach(character, half)
            space: Space = ""
            if last is not None and not (_full_mark(last.text) or _full_mark(character.text)):
                space = "inferred" if spaced or x - reach - end > 0.9 * half else ""
            glyph = Glyph(
                character.text,
                (x - reach) / scale,
                (height - y - half) / scale,
                (x + reach) / scale,
                (height - y + half) / scale,
                space,
            )
            yield glyph, box
            last, end, spaced = character, x + reach, False


def _reach(character: Character, half: float) -> float:
    """Half of a character's width, where `half` is that of a Chinese one."""
    return half if _HAN.match(character.text) else min((character.right - character.left) / 2, half)


def _boxes(line: RecognisedLine, half: float, dark: NDArray[np.bool_]) -> list[Box]:
    """The boxes of a line's characters in the picture, of which `dark` is the ink, as high as the type.

    RapidOCR's own boxes stand a sixth of a character too low and end up to a third of one before the line does; so
    they are moved to the height of the ink, and the first and the last one reach as far as it.
    """
    import numpy as np

    down = []
    for character in line.characters:
        x, y = character.middle
        above = max(round(y - 1.3 * half), 0)
        rows = np.flatnonzero(
            dark[above : round(y + 1.3 * half), max(round(x - half), 0) : round(x + half)].any(axis=1)
        )
        if len(rows) and rows[-1] - rows[0] > half:  # neither 一 nor a comma tells where the line stands
            down.append(above + (rows[0] + rows[-1] + 1) / 2 - y)
    lower = median(down) if down else 0.0
    boxes: list[Box] = []
    for number, character in enumerate(line.characters):
        (x, y), reach = character.middle, _reach(character, half)
        left, top, right, bottom = x - reach, y + lower - half, x + reach, y + lower + half
        band = dark[max(round(top), 0) : round(bottom)]
        if number == 0:
            start = max(round(x - 2 * half), 0)
            columns = np.flatnonzero(band[:, start : round(x)].any(axis=0))
            left = float(start + columns[0]) if len(columns) else left
        if number == len(line.characters) - 1:
            columns = np.flatnonzero(band[:, round(x) : round(x + 2 * half)].any(axis=0))
            right = float(round(x) + columns[-1] + 1) if len(columns) else right
        boxes.append((left, top, right, bottom))
    return boxes


def _skew(lines: Sequence[RecognisedLine]) -> float:
    """The angle in radians by which lines fall to the right: the median over those of eight characters and more."""
    angles = []
    for line in lines:
        (x0, y0), (x1, y1) = line.characters[0].middle, line.characters[-1].middle
        if len(line.characters) >= 8 and _runs_right(line):
            angles.append(math.atan2(y1 - y0, x1 - x0))
    return median(angles) if angles else 0.0


def _turned(point: tuple[float, float], angle: float) -> tuple[float, float]:
    x, y = point
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def _doubts(lines: Sequence[RecognisedLine], illegible: int) -> list[Doubt]:
    """How many characters are doubtful and in which lines, and how many lines were left out."""
    doubts = []
    total = sum(len(line.characters) for line in lines)
    poor = [(sum(c.confidence < _DOUBTFUL for c in line.characters), line) for line in lines]
    count = sum(number for number, _ in poor)
    if count:
        worst = sorted((pair for pair in poor if pair[0]), key=lambda pair: -pair[0])[:_LINES_NAMED]
        named = " / ".join(line.text[:_NAMED_LENGTH] for _, line in worst)
        said = {"count": str(count), "total": str(total), "percent": f"{100 * _DOUBTFUL:.0f}", "lines": named}
        doubts.append(Doubt("recognition_unsure", values=said))
    if illegible:
        doubts.append(Doubt("lines_illegible", then="left_out", values={"count": str(illegible)}))
    return doubts
