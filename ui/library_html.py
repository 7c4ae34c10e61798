"""The library as HTML: its papers and what can be done with them, and how an update goes on.

See `ui.frame_html` for what all of this HTML has in common.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape

from corpus.errors import YinjuError
from indexer.build import Update
from qa.shelf import PaperState
from ui.evidence_html import byline
from ui.frame_html import lines_html
from ui.words import Words

_STAGES = ("read", "embed", "write")


def library_html(
    states: Sequence[PaperState],
    failed: Mapping[str, YinjuError],
    left_out: Sequence[str],
    words: Words,
    skipped: Collection[str] = (),
    removed: Sequence[str] = (),
    may_edit: bool = True,
) -> str:
    """The list of papers, why some could not be read (`failed`, by id), and the files that are not taken as papers.

    Questions search the indexed papers but those `skipped`. Only who `may_edit` is shown what removes a paper; what was
    `removed` (by its place, see `Library.removed`) can be put back.
    """
    if not states and not left_out and not removed:
        return f'<p class="yj-empty">{escape(words.library_empty)}</p>'
    # What needs doing comes first: it must not be missed at the end of a long list.
    order = sorted(states, key=lambda state: (state.id not in failed, state.state == "indexed"))
    items = "".join(_entry_html(s, failed.get(s.id), s.id not in skipped, may_edit, words) for s in order)
    names = words.author_separator.join(left_out)
    rest = f'<p class="yj-note">{escape(words.left_out.format(files=names))}</p>' if left_out else ""
    return (
        f'<div class="yj-library">{_count_html(states, words)}<ul>{items}</ul>{rest}{_bin_html(removed, words)}</div>'
    )


def progress_html(stage: str, file: str, share: float, words: Words) -> str:
    """A running update: a bar for each stage, and the paper being worked on."""
    if stage == "wait":
        told = f"{escape(words.stage_wait)} <code>{escape(file)}</code>" if file else escape(words.stage_wait)
        rows = f"<p>{told}</p>"
    else:
        named = (words.stage_read, words.stage_embed, words.stage_write)
        at = _STAGES.index(stage) if stage in _STAGES else -1
        rows = "".join(
            _bar_html(name, file if number == at else "", 1.0 if number < at else share if number == at else 0.0)
            for number, name in enumerate(named)
        )
        rows = rows if at >= 0 else f"<p>{escape(words.stage_start)}</p>{rows}"
    return f'<div class="yj-status yj-busy">{rows}</div>'


def update_html(update: Update, words: Words) -> str:
    """What an update did, on one line, and one more for each file that could not be read."""
    done = words.update_done.format(
        added=len(update.added),
        changed=len(update.changed),
        removed=len(update.removed),
        unchanged=len(update.unchanged),
        seconds=f"{update.seconds:.1f}",
    )
    return lines_html([done], [error.message(words.language) for error in update.failed])


def replace_html(files: Sequence[str], words: Words) -> str:
    """A button for each uploaded file that could take the place of a paper."""
    buttons = "".join(
        f'<button type="button" class="yj-replace" data-replace="{escape(file, quote=True)}">'
        f"{escape(words.replace_one.format(file=file))}</button>"
        for file in files
    )
    return f'<div class="yj-status yj-replaces">{buttons}</div>' if buttons else ""


def removed_html(file: str, place: str, words: Words) -> str:
    """That a paper was removed, and the button that puts it back from its `place` among the removed."""
    undo = f'<button type="button" class="yj-undo" data-restore="{escape(place)}">{escape(words.undo)}</button>'
    told, then = escape(words.removed_one.format(file=file)), escape(words.removed_next)
    return f'<div class="yj-status" role="status"><p class="yj-done">{told}{undo}</p><p>{then}</p></div>'


def _bar_html(name: str, file: str, share: float) -> str:
    percent = round(100 * min(max(share, 0.0), 1.0))
    paper = f" <code>{escape(file)}</code>" if file else ""
    label = escape(name)
    return (
        f'<div class="yj-stage"><p>{label}{paper}<b>{percent}%</b></p>'
        f'<div class="yj-bar" role="progressbar" aria-label="{label}" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}"><i style="width:{percent}%"></i></div></div>'
    )


def _count_html(states: Sequence[PaperState], words: Words) -> str:
    """How many papers there are, and what chooses all of them for the questions, or none."""
    count = escape(words.papers_count.format(count=len(states)))
    both = (("*", words.choose_all), ("", words.choose_none))
    buttons = "".join(f'<button type="button" data-search="{value}">{escape(text)}</button>' for value, text in both)
    several = sum(state.indexed for state in states) > 1
    return f'<p class="yj-count"><span>{count}</span>{buttons if several else ""}</p>'


def _bin_html(removed: Sequence[str], words: Words) -> str:
    """What was removed and can be put back."""
    if not removed:
        return ""
    items = "".join(
        f'<li><code>{escape(kept)}</code><button type="button" data-restore="{escape(kept)}"'
        f' aria-label="{escape(words.restore_one.format(file=kept))}">{escape(words.restore)}</button></li>'
        for kept in removed
    )
    title = escape(words.removed_papers.format(count=len(removed)))
    return f'<details class="yj-bin"><summary>{title}</summary><ul>{items}</ul></details>'


def _entry_html(state: PaperState, error: YinjuError | None, searched: bool, may_edit: bool, words: Words) -> str:
    names = {
        "indexed": words.state_indexed, "new": words.state_new, "changed": words.state_changed,
        "deleted": words.state_deleted, "failed": words.state_failed,
    }  # fmt: skip
    name = "failed" if error is not None else state.state
    title = state.title or state.id
    by = f"<p>{escape(byline(state, words))}</p>" if state.title or state.authors else ""
    reason = f'<p class="yj-reason">{escape(error.message(words.language))}</p>' if error is not None else ""
    box = (
        f'<input type="checkbox" data-search="{escape(state.id)}"{" checked" if searched else ""}'
        f' aria-label="{escape(words.search_one.format(paper=title))}">'
        if state.indexed else '<i class="yj-unasked" aria-hidden="true"></i>'
    )  # fmt: skip
    pages = f"<span>{escape(words.pages_count.format(count=state.pages))}</span>" if state.pages else ""
    report = words.report_of.format(paper=title)
    remove = (
        f'<button type="button" data-remove="{escape(state.id)}"'
        f' aria-label="{escape(words.remove_one.format(paper=title))}">{escape(words.remove)}</button>'
        if may_edit and state.state != "deleted" else ""
    )  # fmt: skip
    return (
        f'<li class="yj-entry yj-{name}">{box}<div><h3>{escape(title)}</h3>{by}'
        f"<p><code>{escape(state.file)}</code>{pages}<em>{escape(names[name])}</em>"
        f'<span class="yj-deeds"><button type="button" data-report="{escape(state.id)}" aria-label="{escape(report)}">'
        f"{escape(words.report)}</button>{remove}</span></p>{reason}</div></li>"
    )
