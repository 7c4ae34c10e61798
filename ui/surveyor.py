"""What happens in the panels that show the library as a whole: the map of the papers and the timeline of their events.

Each is drawn when its tab is first opened, from the index alone, and drawn anew when that has changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace

import gradio as gr

from corpus.errors import StoreUndrawn, YinjuError
from indexer.version import Index
from qa.overview import Overview
from qa.shelf import Shelf
from ui.frame_html import error_text, lines_html
from ui.logs import broken
from ui.map_html import map_html
from ui.state import Changes, Opened, Parts, Place, Session, data_of
from ui.timeline_html import timeline_html
from ui.words import Words


class Surveyor:
    """Draws the map and the timeline of a shelf, for all open pages."""

    def __init__(self, shelf: Shelf, parts: Parts, opened: Callable[[Session], Changes]) -> None:
        self.shelf = shelf
        self.parts = parts
        self._opened = opened
        self._overview: Overview | None = None
        self._drawing = threading.Lock()

    def map(self, words: Words) -> Changes:
        """The map."""
        return {self.parts.map: self._drawn(self._map_html, words)}

    def timeline(self, words: Words) -> Changes:
        """The timeline."""
        return {self.parts.timeline: self._drawn(self._timeline_html, words)}

    def look(self, session: Session, pressed: gr.EventData) -> Changes:
        """A tab has been opened: these two are drawn when they are looked at."""
        tab = data_of(pressed).get("tab")
        if tab == "map":
            return self.map(session.words)
        if tab == "timeline":
            return self.timeline(session.words)
        return {self.parts.map: gr.skip()}

    def event(self, session: Session, pressed: gr.EventData) -> Changes:
        """The evidence of an event has been asked for, by its place."""
        place = Place.of(str(data_of(pressed).get("place", "")))
        if place is None:
            return {self.parts.session: session}
        return self._opened(replace(session, opened=Opened(-1, "event", 0, place=place)))

    def _drawn(self, draw: Callable[[Overview, Collection[str], Words], str], words: Words) -> str:
        try:
            if self.shelf.address is not None:
                raise StoreUndrawn(address=self.shelf.address)
            snapshot = self.shelf.snapshot()
            return draw(self._current(snapshot.index), snapshot.searched(), words)
        except YinjuError as exc:
            return lines_html([], [error_text(exc, words)])
        except Exception as exc:  # noqa: BLE001 - logged; the other panels go on
            broken("drawing the library", exc)
            return lines_html([], [words.unexpected_drawing])

    def _current(self, index: Index) -> Overview:
        with self._drawing:  # of two who look at once the second takes what the first has had drawn
            if self._overview is None or self._overview.index is not index:
                self._overview = Overview(index)
            return self._overview

    def _map_html(self, overview: Overview, papers: Collection[str], words: Words) -> str:
        with self._drawing:
            drawn = overview.map
        # Where an older version stands in, papers that have been removed since must not come back.
        points = tuple(point for point in drawn.points if point.paper in papers)
        return map_html(replace(drawn, points=points), overview.index, words)

    def _timeline_html(self, overview: Overview, papers: Collection[str], words: Words) -> str:
        with self._drawing:
            events = overview.events
        told = [replace(e, tellings=tuple(t for t in e.tellings if t.paper in papers)) for e in events]
        shown = [event for event in told if event.tellings]
        return timeline_html(shown, overview.index.papers, words)
