"""What is drawn of a version of the index as a whole, made when it is first asked for and then kept.

>>> overview = Overview(shelf.index)          # to be kept for as long as shelf.index is that version
>>> overview.map.points[0].question, overview.events[0].date
('《美国“国家制造创新网络”战略及其对中国制造业发展的启示》怎样论述“…”？', '1980/1989')
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from indexer.version import Index
from qa.map import PaperMap, map_of
from qa.timeline import DatedEvent, events_of


@dataclass(frozen=True)
class Overview:
    """The map and the timeline of one version of the index."""

    index: Index

    @cached_property
    def map(self) -> PaperMap:
        """See `qa.map.map_of`; takes a second for five papers."""
        return map_of(self.index)

    @cached_property
    def events(self) -> tuple[DatedEvent, ...]:
        """See `qa.timeline.events_of`."""
        return events_of(self.index.papers.values())
