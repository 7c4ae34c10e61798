"""Where characters stand on the pages of their file: measured, carried beside the text, and packed.

A page is taken as it is shown: cut to its crop box and turned as it says, so that a box fits every picture of the page,
whatever its size. Places are integers, parts of the page's width and height, rounded inwards so that no box touches the
character beside it:

    (0, 0) ┌─────────────────────┐
           │  制 造 业           │    制 has the place (1764, 1178, 2116, 1425): left, top, right, bottom
           │                     │
           └─────────────────────┘ (UNITS, UNITS)

pdfium's boxes are taken, and not worked out from pypdf's text matrices: pdfium knows the widths of fonts that are not
embedded, it places the characters that the reader's lines are made of, so that nothing has to be aligned, and it is
what draws the page. Of its two boxes of a character it is the loose one, as wide as the pen moves on and as high as the
type, so that the boxes of neighbours meet; the tight one is the ink, which for 一 is a line.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from math import ceil, floor
from statistics import median_high, median_low

UNITS = 8192
"""Parts of a page's width and height: on A4 a part is at most 0.1 points, a third of a pixel of the widest picture."""
_LEVEL = 4
"""A run that goes so much further across the page than down it, or down than across, is no slanting one."""
_COLUMNS = 6
_BYTES = 4

Place = tuple[int, int, int, int]
"""Left, top, right, bottom of a character on the page as shown, in `UNITS` from its upper left corner."""


@dataclass(frozen=True, slots=True)
class PageBox:
    """A box on a page (from 1) as it is shown, in fractions of its width and height from the upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one printed line without a wide gap between them, from `start` on in some text.

    Spaces among them, and characters beyond the edges of the page, have None for their place.
    """

    start: int
    places: tuple[Place | None, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Text, and the printed runs that it is made of."""

    text: str
    runs: tuple[Run, ...] = ()

    @classmethod
    def join(cls, separator: str, parts: Iterable[Placed]) -> Placed:
        """`separator.join`, the separators standing nowhere."""
        texts: list[str] = []
        runs: list[Run] = []
        at = 0
        for part in parts:
            runs.extend(Run(at + run.start, run.places) for run in part.runs)
            texts.append(part.text)
            at += len(part.text) + len(separator)
        return cls(separator.join(texts), tuple(runs))


def place_of(left: float, top: float, right: float, bottom: float) -> Place | None:
    """The place of a box in fractions of the page, what is beyond its edges cut off; None where nothing is left.

    >>> place_of(-0.1, 0.25, 0.5, 0.50001)
    (0, 2048, 4096, 4096)
    """
    if not (left < 1 and top < 1 and right > 0 and bottom > 0):  # nor is a broken file's NaN
        return None
    if left < 0 or top < 0 or right > 1 or bottom > 1:
        left, top, right, bottom = max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0)
    place = ceil(UNITS * left), ceil(UNITS * top), floor(UNITS * right), floor(UNITS * bottom)
    return place if place[0] < place[2] and place[1] < place[3] else None


def overlap(a: Place, b: Place) -> bool:
    """Whether two characters share a part of the page, other than the letters of a ligature do.

    Rounded inwards, places still touch where the boxes themselves overlap by less than a unit.
    """
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3] and a != b


def parted(a: Place, b: Place, ink_a: Place | None, ink_b: Place | None) -> tuple[Place, Place]:
    """Two places that overlap, cut where they meet: between the inks of the two characters, or in the middle.

    Typesetters move a full-width mark and the character behind it together, up to half of the mark's width:

        ┌───────┬───┬───┐            ┌───┬───────┐
        │   。  │   │ 国│  becomes   │。 │   国  │
    """
    axis = 0 if abs(b[0] + b[2] - a[0] - a[2]) >= abs(b[1] + b[3] - a[1] - a[3]) else 1
    if b[axis] + b[axis + 2] < a[axis] + a[axis + 2]:
        after, before = parted(b, a, ink_b, ink_a)
        return before, after
    cut = (b[axis] + a[axis + 2]) // 2
    if ink_a and ink_b:
        low, high = ink_a[axis + 2] + 1, ink_b[axis] - 1
        cut = min(max(cut, low), high) if low <= high else (low + high) // 2
    if not (a[axis] < cut < b[axis + 2]):
        return a, b
    if axis == 0:
        return (a[0], a[1], min(a[2], cut), a[3]), (max(b[0], cut), b[1], b[2], b[3])
    return (a[0], a[1], a[2], min(a[3], cut)), (b[0], max(b[1], cut), b[2], b[3])


@dataclass(frozen=True, slots=True)
class Places:
    """Of each character of a text that has a place, in order: its offset, the number of its run, its place."""

    offsets: tuple[int, ...] = ()
    runs: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()

    @classmethod
    def of(cls, origin: Sequence[int], runs: Sequence[Run]) -> Places:
        """Of a text whose characters come from these offsets of another one, in which the `runs` stand."""
        there = {
            run.start + i: (number, place)
            for number, run in enumerate(runs)
            for i, place in enumerate(run.places)
            if place is not None
        }
        found = [(at, *there[source]) for at, source in enumerate(origin) if source in there]
        return cls(*zip(*found, strict=True)) if found else cls()

    def boxes(self, start: int, end: int) -> Iterator[tuple[int, Place]]:
        """For each run of `text[start:end]` the offset of its first character, and the box of the run."""
        first, last = (bisect_left(self.offsets, offset) for offset in (start, end))
        for _, run in groupby(range(first, last), key=self.runs.__getitem__):
            numbers = list(run)
            yield self.offsets[numbers[0]], _around([self.places[i] for i in numbers])

    def packed(self) -> str:
        """As a string that `unpacked` reads, of about a byte a character: the steps from each one to the next, packed.

        Neighbours on a line touch, and are of the same size at the same height, so that nearly all steps are 0.
        """
        if not self.offsets:
            return ""
        lefts, tops, rights, bottoms = zip(*self.places, strict=True)
        columns = (
            _steps(self.offsets),
            _steps(self.runs),
            [left - end for left, end in zip(lefts, (0, *rights), strict=False)],
            _steps(tops),
            _steps([right - left for left, right in zip(lefts, rights, strict=True)]),
            _steps([bottom - top for top, bottom in zip(tops, bottoms, strict=True)]),
        )
        return b64encode(zlib.compress(b"".join(map(_bytes_of, columns)))).decode()

    @classmethod
    def unpacked(cls, packed: str, length: int) -> Places:
        """The places that were packed, of a text of this `length`.

        Raises `ValueError` for a string that packs no such places, without unpacking more than they can take.
        """
        if not packed:
            return cls()
        inflater = zlib.decompressobj()
        try:
            data = inflater.decompress(b64decode(packed, validate=True), _COLUMNS * _BYTES * length + 1)
        except (ValueError, zlib.error) as exc:
            raise ValueError(f"places: {exc}") from exc
        count, rest = divmod(len(data), _COLUMNS * _BYTES)
        if rest or not inflater.eof:
            raise ValueError("places: not as many as characters")
        size = count * _BYTES
        columns = [_steps_in(data[at : at + size]) for at in range(0, len(data), size)]
        offsets, runs, gaps, tops, widths, heights = (tuple(accumulate(column)) for column in columns)
        moved = tuple(accumulate(widths))
        rights = [gap + width for gap, width in zip(gaps, moved, strict=True)]
        lefts = [right - width for right, width in zip(rights, widths, strict=True)]
        bottoms = [top + height for top, height in zip(tops, heights, strict=True)]
        ordered = all(a < b for a, b in pairwise(offsets)) and offsets[0] >= 0 and offsets[-1] < length
        within = min(lefts) >= 0 and min(tops) >= 0 and max(rights) <= UNITS and max(bottoms) <= UNITS
        if not (ordered and within and min(widths) > 0 and min(heights) > 0):
            raise ValueError("places: beyond the text or the page")
        return cls(offsets, runs, tuple(zip(lefts, tops, rights, bottoms, strict=True)))


def _around(places: Sequence[Place]) -> Place:
    """The box of a run: from its first character to its last, and as high as most of them are.

    Raised marks stand out from it, and signs that reach up to the line above. Where a run goes down the page, height
    and width change parts; of one that slants it is the box around all characters.
    """
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    box = min(lefts), min(tops), max(rights), max(bottoms)
    across, down = abs(lefts[-1] - lefts[0]), abs(tops[-1] - tops[0])
    if across > _LEVEL * down:
        return box[0], median_low(tops), box[2], median_high(bottoms)
    if down > _LEVEL * across:
        return median_low(lefts), box[1], median_high(rights), box[3]
    return box


def _steps(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in zip((0, *numbers), numbers, strict=False)]


def _bytes_of(steps: Iterable[int]) -> bytes:
    """Steps as 0, -1, 1, -2, 2 … are numbered, in bytes: the lowest of all, then the next of all …

    Small steps to either side have zeros everywhere but in the lowest, and like packs best beside like.
    """
    numbers = array("I", [step << 1 if step >= 0 else ~(step << 1) for step in steps])
    if sys.byteorder == "big":
        numbers.byteswap()
    whole = numbers.tobytes()
    return b"".join(whole[i::_BYTES] for i in range(_BYTES))


def _steps_in(data: bytes) -> list[int]:
    """The steps that `_bytes_of` wrote."""
    whole = bytearray(len(data))
    for i in range(_BYTES):
        whole[i::_BYTES] = data[i * len(data) // _BYTES : (i + 1) * len(data) // _BYTES]
    numbers = array("I", bytes(whole))
    if sys.byteorder == "big":
        numbers.byteswap()
    return [~(number >> 1) if number & 1 else number >> 1 for number in numbers]
