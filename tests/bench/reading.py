"""Print how fast PDFs are read: `make bench PDFS=folder`, or without a folder on PDFs that this makes.

One child process and one a core, side by side: files already in memory, children started, median of three runs.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from corpus.errors import ReadingError
from corpus.isolated import Readers
from corpus.library import Library
from corpus.paper import Paper

PAPERS = Path(__file__).resolve().parent.parent.parent / "corpus" / "papers"
COLUMNS, ROWS = 40, 44


def main(arguments: list[str]) -> None:
    """Read every PDF of the folder, each as often as it takes to keep all cores busy, and print pages per second."""
    with tempfile.TemporaryDirectory() as scratch:
        for source in PAPERS.glob("*.txt") if not arguments else ():
            lines = [line for line in source.read_text(encoding="utf-8").splitlines() if line.strip()]
            Path(scratch, f"{source.stem}.pdf").write_bytes(typeset("".join(lines)))
        folder = Path(arguments[0] if arguments else scratch)
        pages = {}
        for reading in Library(folder).read_many(sorted(folder.glob("*.pdf"))):
            if isinstance(reading.result, Paper) and not reading.result.report.recognised_pages:
                pages[reading.path] = len({page.number for page in reading.result.pages})
        paths = [path for path in pages for _ in range(4)]
        total = 4 * sum(pages.values())
        print(f"| text PDFs | {len(pages)} files, {sum(pages.values())} pages |")
        for count in sorted({1, os.cpu_count() or 1}):
            with Readers(count=count) as readers:
                library = Library(folder, readers=readers)
                runs = [seconds(library, paths) for _ in range(4)][1:]  # the first one starts the children
            print(f"| read by {count} process{'es' * (count > 1)} | {total / statistics.median(runs):.0f} pages/s |")


def seconds(library: Library, paths: list[Path]) -> float:
    """How long it takes to read the files."""
    begun = time.perf_counter()
    for reading in library.read_many(paths):
        if isinstance(reading.result, ReadingError):
            raise reading.result
    return time.perf_counter() - begun


def typeset(text: str) -> bytes:
    """A PDF of one column, in the Chinese font that every viewer brings along."""
    lines = [text[at : at + COLUMNS] for at in range(0, len(text), COLUMNS)]
    sheets = [lines[at : at + ROWS] for at in range(0, len(lines), ROWS)]
    kids = " ".join(f"{2 * n + 5} 0 R" for n in range(len(sheets)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(sheets)}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[4 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)"
        b"/Supplement 4>>/DW 1000>>",
    ]
    for number, sheet in enumerate(sheets):
        shown = " ".join(f"<{line.encode('utf-16-be').hex()}> Tj T*" for line in sheet)
        content = f"BT /F1 12 Tf 16 TL 57 770 Td {shown} ET".encode()
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % (2 * number + 6)
        )
        objects.append(b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(out))
    return out + head + table + tail


if __name__ == "__main__":
    main(sys.argv[1:])
