"""Text that remembers where each of its characters came from.

Cleaning joins lines, drops running heads and moves floats; `Traced` carries, through all of that, the place of every
character in the raw file, so that the page of a quotation is looked up and never guessed.

>>> raw = Traced.of("制造\\n业")
>>> joined = raw[:2] + raw[3:]
>>> joined.text, joined.origin
('制造业', (0, 1, 3))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

INSERTED = -1
"""Origin of a character that no raw character stands behind, such as the space between two joined English lines."""


@dataclass(frozen=True, slots=True)
class Traced:
    """`text`, and for each of its characters its offset in the raw file (`INSERTED` where it has none)."""

    text: str
    origin: tuple[int, ...]

    @classmethod
    def of(cls, raw: str, start: int = 0) -> Traced:
        """`raw` as it stands in the file from offset `start` on."""
        return cls(raw, tuple(range(start, start + len(raw))))

    @classmethod
    def inserted(cls, text: str) -> Traced:
        """Text that the file does not hold."""
        return cls(text, (INSERTED,) * len(text))

    @classmethod
    def join(cls, separator: str, parts: Iterable[Traced]) -> Traced:
        """`separator.join`, the separators having no origin."""
        texts: list[str] = []
        origin: list[int] = []
        for part in parts:
            if texts and separator:
                texts.append(separator)
                origin.extend((INSERTED,) * len(separator))
            texts.append(part.text)
            origin.extend(part.origin)
        return cls("".join(texts), tuple(origin))

    def __len__(self) -> int:
        return len(self.text)

    def __add__(self, other: Traced) -> Traced:
        return Traced(self.text + other.text, self.origin + other.origin)

    def __getitem__(self, part: slice) -> Traced:
        return Traced(self.text[part], self.origin[part])

    def strip(self, characters: str | None = None) -> Traced:
        """Without the white space, or only those characters, at both ends."""
        left = len(self.text) - len(self.text.lstrip(characters))
        return self[left : len(self.text.rstrip(characters))] if left < len(self.text) else Traced("", ())

    def splitlines(self) -> list[Traced]:
        """Its lines, without the line breaks (`\\n` only)."""
        lines, at = [], 0
        for line in self.text.split("\n"):
            lines.append(self[at : at + len(line)])
            at += len(line) + 1
        return lines

    def without(self, pattern: re.Pattern[str]) -> Traced:
        """With every match of `pattern` deleted; where the pattern has groups, only what they matched."""
        parts: list[Traced] = []
        at = 0
        for match in pattern.finditer(self.text):
            for group in range(1, pattern.groups + 1) if pattern.groups else (0,):
                if match.start(group) >= at:
                    parts.append(self[at : match.start(group)])
                    at = match.end(group)
        return Traced.join("", [*parts, self[at:]]) if parts else self

    def replaced(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> Traced:
        """With every match replaced by `new(match)`, of which each character takes the origin of the match's start."""
        parts: list[Traced] = []
        at = 0
        for match in pattern.finditer(self.text):
            parts.append(self[at : match.start()])
            replacement = new(match)
            origin = self.origin[match.start() : match.start() + 1] or (INSERTED,)
            parts.append(Traced(replacement, origin * len(replacement)))
            at = match.end()
        return Traced.join("", [*parts, self[at:]]) if parts else self
