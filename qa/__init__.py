"""Questions to a shelf of papers: retrieval, answers, citations. Start at `Shelf`."""

from qa.answer import Answer, Found
from qa.citation import Citation
from qa.shelf import Shelf

__all__ = ["Answer", "Citation", "Found", "Shelf"]
