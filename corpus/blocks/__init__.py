"""From clean lines to blocks: paragraphs made whole again, headings, captions, table rows, footnotes.

Chinese papers reach us hard-wrapped: every printed line is a line of the file, and tables, figures and footnotes stand
wherever the page had room, often in the middle of a sentence. A paragraph is put together line by line; what interrupts
it is set aside and follows it (`flow`). Other formats say what each line is. In reading order:

- `flow`: the blocks so far, the open paragraph, what waits beside it
- `headings`: headings, their numbers, a table of contents
- `title_page`, `interruptions`, `reference_list`, `prose`: what else a line may be
- `wrapped`: printed lines, asked in turn whether they are one of these
- `stated`: lines that the file marks
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.blocks.flow import Flow
from corpus.blocks.headings import Headings, last_heading
from corpus.blocks.stated import Stated
from corpus.blocks.wrapped import Wrapped, units_of
from corpus.clean import Line
from corpus.draft import Draft
from corpus.joining import words_of
from corpus.measure import Measure


def build_blocks(lines: Sequence[Line], measure: Measure) -> list[Draft]:
    """The blocks of a file, in reading order but for its floats, which `corpus.tables` puts in order."""
    flow = Flow(measure, words_of(line.text.text for line in lines))
    headings = Headings(flow)
    stated, wrapped = Stated(headings), Wrapped(headings, lines)
    units = list(units_of(lines, measure))
    last = last_heading(units)
    for at, (above, unit, following) in enumerate(zip([(), *units], units, [*units[1:], ()], strict=False)):
        if mark := unit[0].mark:
            stated.take(unit[0], mark)
        else:
            wrapped.take(unit, above, following, headings_follow=at < last)
    flow.rejoin()
    flow.close()
    return flow.done
