"""The command line `yinju`. Errors become one line on stderr; what a command prints is in `ui.terminal`.

Imports of models, indexes and Gradio stand inside the commands that need them, so that help is instant.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from corpus.errors import AnswerUnwritable, Language, PaperUnknown, YinjuError

if TYPE_CHECKING:
    from corpus.library import Library
    from qa.retrieve import Scope
    from qa.shelf import Shelf

DONE, FAILED, MISUSED = 0, 1, 2
_FOLDERS = {"corpus": "corpus/papers", "index": ".yinju/index"}
_FORMS = ("gbt7714", "bibtex", "csl-json", "markdown")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 could not be done, 2 wrong usage (through argparse)."""
    arguments = parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return command(arguments)
    except YinjuError as exc:
        _complain(exc, arguments)
        return FAILED
    except BrokenPipeError:  # the reader of our output (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print("yinju: interrupted; nothing indexed is lost", file=sys.stderr)
        return FAILED


def parser() -> argparse.ArgumentParser:
    """The whole command line, with an example for every command."""
    top = argparse.ArgumentParser(
        prog="yinju", description="引据: ask a folder of Chinese papers; every answer is cited."
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], int], about: str, example: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=about, description=about[0].upper() + about[1:] + ".", epilog=f"example: {example}"
        )
        about_folders = {"corpus": "folder of papers (%(default)s)", "index": "folder of the index (%(default)s)"}
        for folder, usual in _FOLDERS.items():
            added.add_argument(f"--{folder}", default=usual, metavar="DIR", help=about_folders[folder])
        added.add_argument(
            "--store", default="", metavar="ADDRESS", help="search in Milvus: milvus://HOST:PORT/LIBRARY"
        )
        added.set_defaults(run=run)
        return added

    index = command(
        "index", _index, "bring the index up to date with the folder of papers", "yinju index --corpus ~/papers"
    )
    index.add_argument("--workers", type=_positive, default=0, metavar="N", help="embed in so many processes, by Ray")
    ask = command("ask", _ask, "answer a question, or a file of them, with citations", "yinju ask 什么是产业公地？")
    _questions(ask, "QUESTION")
    ask.add_argument("--as", dest="form", choices=_FORMS, help="print its references, or all of it as Markdown")
    again = command("answer", _answer, "show a kept answer again, as it was given", "yinju answer 3f2a91c07be84d15")
    again.add_argument("address", metavar="ADDRESS")
    again.add_argument("--json", action="store_true", help="print JSON, with how each quotation stands")
    again.add_argument("--as", dest="form", choices=_FORMS, help="print its references, or all of it as Markdown")
    search = command("search", _search, "show the best passages for a query", "yinju search 会员结构 --top 3")
    _questions(search, "QUERY")
    search.add_argument("--top", type=_positive, default=10, metavar="N", help="number of passages (%(default)s)")
    read = command("read", _read, "show how one file is read", "yinju read corpus/papers/zhang.txt")
    read.add_argument("file", metavar="FILE", type=Path)
    read.add_argument("--json", action="store_true", help="print JSON, with the text, its pages, sections and tables")
    command("papers", _papers, "list the papers and whether they are indexed", "yinju papers")
    add = command("add", _add, "copy papers into the library", "yinju add ~/下载/新论文.pdf && yinju index")
    add.add_argument("files", metavar="FILE", type=Path, nargs="+")
    add.add_argument("--replace", action="store_true", help="take the place of the papers of these names")
    remove = command("remove", _remove, "take a paper out of the library", "yinju remove zhang && yinju index")
    remove.add_argument("paper", metavar="ID")
    restore = command("restore", _restore, "put a removed paper back, or list what can be", "yinju restore zhang.txt")
    restore.add_argument("kept", nargs="?", metavar="FILE", help="as `yinju restore` lists it")
    cite = command("cite", _cite, "print a reference to a paper", "yinju cite chen --style bibtex")
    cite.add_argument("paper", metavar="ID")
    cite.add_argument("--style", choices=_FORMS[:3], default="gbt7714", help="(%(default)s)")
    check = command("check", _check, "verify the index", "yinju check")
    check.add_argument("--rollback", action="store_true", help="go back to the version before the current one")
    measure = command(
        "eval", _eval, "measure against a file of questions", "yinju eval tests/questions/questions.jsonl"
    )
    measure.add_argument("file", metavar="FILE.jsonl", type=Path)
    measure.add_argument("--json", action="store_true", help="print JSON")
    measure.add_argument("--ablation", action="store_true", help="each signal of the search alone, and each left out")
    serve = command("serve", _serve, "open the chat page", "yinju serve --port 8000")
    serve.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=_positive, default=7860, metavar="P", help="(%(default)s)")
    serve.add_argument("--mcp", action="store_true", help="serve the tools of assistants, too, at /mcp")
    _changes(serve)
    serve.add_argument("--verbose", action="store_true", help="write the questions into the log, too")
    tools = command("mcp", _mcp, "speak with an assistant over stdin and stdout (MCP)", "yinju mcp --allow-changes")
    _changes(tools)
    password = command("password", _password, "let somebody open the page", "yinju password 李明 --role reader")
    password.add_argument("name", metavar="NAME")
    password.add_argument("--role", choices=("reader", "editor"), default="editor", help="reader: may only ask")
    password.add_argument("--remove", action="store_true", help="let them in no more")
    return top


def _questions(command: argparse.ArgumentParser, name: str) -> None:
    """The arguments that `ask` and `search` share."""
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("question", metavar=name, nargs="?")
    what.add_argument("--questions", type=Path, metavar="FILE.jsonl", help="a question a line; prints a JSON line each")
    if name == "QUESTION":
        what.add_argument(
            "--conversations", type=Path, metavar="FILE.jsonl",
            help="a conversation a line, follow-ups completed from what came before; prints a JSON line a turn",
        )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--paper", action="append", metavar="ID", help="search only this paper; may be given again")
    command.add_argument("--year", type=_years, metavar="Y[-Y]", help="search only papers of these years: 2019-2021")
    command.add_argument(
        "--kind", action="append", choices=("text", "table", "front", "reference", "back"),
        help="search only such passages; may be given again",
    )  # fmt: skip


def _changes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--allow-changes", action="store_true", help="let assistants change the library, too")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _years(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    years = int(first), int(last or first)
    if years[0] > years[1]:
        raise argparse.ArgumentTypeError(f"{text} ends before it begins")
    return years


# The commands --------------------------------------------------------------------------------------------------------


def _index(arguments: argparse.Namespace) -> int:
    from ui import terminal

    shelf = _shelf(arguments)
    shelf.library.files()  # a missing folder is said before the model is loaded
    with terminal.ProgressBar() as bar:
        update = shelf.update(bar.show, arguments.workers)
    for fault in update.failed:
        _complain(fault, arguments, kind="warning")
    for path in shelf.library.left_out():
        print(f"yinju: note: {path.name}: not read as a paper", file=sys.stderr)
    print(terminal.update_text(update))
    if not update.papers:
        print(f"yinju: {arguments.corpus}: no readable paper; add one with `yinju add FILE`", file=sys.stderr)
        return FAILED
    return DONE


def _ask(arguments: argparse.Namespace) -> int:
    from qa.export import exported
    from ui import terminal

    shelf, scope = _shelf(arguments), _scope(arguments)
    if arguments.conversations:
        return _converse(arguments, shelf, scope)
    if arguments.questions:
        return _stream(arguments, lambda question: shelf.ask(question, arguments.paper, scope).to_json())
    with terminal.ProgressBar() as bar:
        bar.show("load", "the model", 0.0)  # seconds the first time in a process: say so
        snapshot = shelf.snapshot()
        answer = snapshot.ask(arguments.question, arguments.paper, scope)
    if arguments.form:
        print(exported(answer, snapshot.index.papers, arguments.form))
    elif arguments.json:
        print(_json(answer.to_json()))
    else:
        print(terminal.answer_text(answer, sys.stdout.isatty()))
        with _tolerated(AnswerUnwritable, arguments):
            print(f"`yinju answer {shelf.keep(answer)}` shows this answer again", file=sys.stderr)
    return DONE


def _answer(arguments: argparse.Namespace) -> int:
    from qa.export import exported
    from ui import terminal

    shelf = _shelf(arguments)
    reopened = shelf.reopen(arguments.address)
    if arguments.form:
        print(exported(reopened.answer, shelf.index.papers, arguments.form))
    elif arguments.json:
        print(_json({**reopened.answer.to_json(), "states": list(reopened.states)}))
    else:
        print(terminal.reopened_text(reopened, sys.stdout.isatty()))
    return DONE


def _search(arguments: argparse.Namespace) -> int:
    from ui import terminal

    shelf, scope = _shelf(arguments), _scope(arguments)
    if arguments.questions:
        return _stream(arguments, lambda query: shelf.search(query, arguments.paper, arguments.top, scope).to_json())
    with terminal.ProgressBar() as bar:
        bar.show("load", "the model", 0.0)
        found = shelf.search(arguments.question, arguments.paper, arguments.top, scope)
    print(_json(found.to_json()) if arguments.json else terminal.passages_text(found.passages))
    return DONE


def _converse(arguments: argparse.Namespace, shelf: Shelf, scope: Scope) -> int:
    """One JSON line a turn: the answer's, with `id`, `turn` from 1, and the question both as asked and `completed`."""
    from qa.conversation import Conversation
    from qa.evaluate import read_conversations
    from qa.export import Said, markdown, references

    status = DONE
    for turns in read_conversations(arguments.conversations):
        conversation = Conversation(shelf, arguments.paper, scope)
        said: list[Said] = []
        for turn, question in enumerate(turns, 1):
            try:
                answer = conversation.ask(question.question)
                said.append(Said(question.question, answer))
                result = {**answer.to_json(), "completed": answer.question}
            except PaperUnknown:
                raise
            except YinjuError as exc:
                _complain(exc, arguments)
                status = FAILED
                result = {"error": exc.message(_language())}
            if not arguments.form:
                print(_json({**result, "question": question.question, "id": question.id, "turn": turn}), flush=True)
        if arguments.form == "markdown":
            print(markdown(said, shelf.index.papers), flush=True)
        elif arguments.form:
            cited = [citation for turn in said for citation in turn.answer.citations]
            print(references(cited, shelf.index.papers, arguments.form), flush=True)
    return status


def _stream(arguments: argparse.Namespace, ask: Callable[[str], dict[str, Any]]) -> int:
    """One JSON line a question, in the file's order. One that cannot be asked gets an `error`, and the rest goes on."""
    from qa.evaluate import read_questions

    status = DONE
    for question in read_questions(arguments.questions):
        try:
            result = ask(question.question)
        except PaperUnknown:
            raise
        except YinjuError as exc:
            _complain(exc, arguments)
            status = FAILED
            result = {"question": question.question, "error": exc.message(_language())}
        print(_json({**result, "id": question.id}), flush=True)
    return status


def _read(arguments: argparse.Namespace) -> int:
    from ui import terminal

    folder = arguments.file.parent
    library = _library(folder if (folder / "papers.toml").is_file() else Path(arguments.corpus))
    paper = library.read(arguments.file)
    print(_json(terminal.paper_json(paper)) if arguments.json else terminal.paper_text(paper))
    return DONE


def _papers(arguments: argparse.Namespace) -> int:
    from ui import terminal

    shelf = _shelf(arguments)
    reasons = {paper: error.message(_language()) for paper, error in shelf.failures().items()}
    print(terminal.library_text(shelf.states(), reasons))
    return DONE


def _add(arguments: argparse.Namespace) -> int:
    shelf = _shelf(arguments)
    status = DONE
    for file in arguments.files:
        try:
            print(f"added {shelf.library.add(file, replace=arguments.replace)}")
        except YinjuError as exc:
            _complain(exc, arguments)
            status = FAILED
    print("run `yinju index` to make the papers answer", file=sys.stderr)
    return status


def _remove(arguments: argparse.Namespace) -> int:
    kept = _shelf(arguments).library.remove(arguments.paper)
    print(f"removed {arguments.paper}; its file is kept at {kept}")
    print("run `yinju index` to take it out of the answers", file=sys.stderr)
    return DONE


def _restore(arguments: argparse.Namespace) -> int:
    library = _shelf(arguments).library
    if arguments.kept is None:
        print("\n".join(library.removed()) or "nothing has been removed")
        return DONE
    print(f"put back {library.restore(arguments.kept).name}")
    print("run `yinju index` to ask it again", file=sys.stderr)
    return DONE


def _cite(arguments: argparse.Namespace) -> int:
    from qa.reference import STYLES

    library = _library(Path(arguments.corpus))
    paper = library.read(library.path(arguments.paper))
    print(STYLES[arguments.style](paper))
    unknown = [name for name in ("title", "authors", "year", "journal") if not getattr(paper, name)]
    if unknown:
        where = library.folder / "papers.toml"
        print(f"yinju: note: {paper.id}: unknown {', '.join(unknown)}; state them in {where}", file=sys.stderr)
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    from ui import terminal

    shelf = _shelf(arguments)
    if arguments.rollback:
        print(terminal.rollback_text(shelf.rollback()))
        return DONE
    faults = [terminal.fault_text(fault, _language()) for fault in shelf.faults()]
    for line in faults:
        print(_as_called(line, arguments))
    if not faults:
        print("the index is whole and up to date")
    return FAILED if faults else DONE


def _eval(arguments: argparse.Namespace) -> int:
    from qa.ablation import ablation
    from qa.conversation import Conversation
    from qa.evaluate import holds_conversations, places, read_conversations, read_questions, run, summarise
    from ui import terminal

    shelf = _shelf(arguments)
    if holds_conversations(arguments.file):
        spoken = [(turns, Conversation(shelf)) for turns in read_conversations(arguments.file)]
        outcomes = [outcome for turns, talk in spoken for outcome in run(turns, talk.ask, places(shelf.index))]
        print(_json(summarise(outcomes)) if arguments.json else terminal.evaluation_text(summarise(outcomes)))
        return DONE
    questions = read_questions(arguments.file)
    library = places(shelf.index)
    with terminal.ProgressBar() as bar:
        if arguments.ablation:
            bar.show("ask", "every question, in every variant", 0.0)
            table = ablation(questions, lambda question, weights: shelf.search(question, weights=weights), library)
            print(_json(table) if arguments.json else terminal.ablation_text(table))
            return DONE
        outcomes = run(bar.over(questions, "ask"), shelf.ask, library)
    summary = summarise(outcomes)
    print(_json(summary) if arguments.json else terminal.evaluation_text(summary))
    return DONE


def _serve(arguments: argparse.Namespace) -> int:
    from corpus.settings import load_settings
    from qa.shelf import Shelf
    from ui.logs import logged
    from ui.serve import serve_page

    print("starting; the page's address follows", file=sys.stderr)
    tools: Literal["", "reading", "changing"] = ""
    if arguments.allow_changes and not arguments.mcp:
        print("yinju: --allow-changes is for assistants; it needs --mcp", file=sys.stderr)
        return MISUSED
    if arguments.mcp:
        tools = "changing" if arguments.allow_changes else "reading"
    with logged(arguments.verbose):
        serve_page(
            Shelf.served(arguments.corpus, arguments.index, load_settings(), arguments.store),
            arguments.host, arguments.port, on_ready=_ready, block=True, tools=tools, language=_language(),
        )  # fmt: skip
    return DONE


def _mcp(arguments: argparse.Namespace) -> int:
    from ui.mcp import serve_stdio
    from ui.service import Service

    serve_stdio(Service(_shelf(arguments)), _language(), changes=arguments.allow_changes)
    return DONE


def _password(arguments: argparse.Namespace) -> int:
    from getpass import getpass

    from corpus.settings import load_settings
    from ui.passwords import Passwords

    passwords = Passwords(Path(load_settings().password_file))
    if arguments.remove:
        passwords.remove(arguments.name)
        print(f"{arguments.name} may no longer open the page")
        return DONE
    if sys.stdin.isatty():
        password = getpass("password: ")
        if getpass("again: ") != password:
            print("yinju: the two are not the same; nothing was changed", file=sys.stderr)
            return FAILED
    else:
        password = sys.stdin.readline().rstrip("\n")
    passwords.put(arguments.name, password, arguments.role)
    print(f"{arguments.name} may open the page as {arguments.role}; kept in {passwords.file}")
    return DONE


def _ready(address: str) -> None:
    print(f"the page is at {address} (Ctrl-C ends it)", flush=True)


# What they share -----------------------------------------------------------------------------------------------------


def _shelf(arguments: argparse.Namespace) -> Shelf:
    from corpus.settings import load_settings
    from qa.shelf import Shelf

    return Shelf.open(arguments.corpus, arguments.index, load_settings(), arguments.store)


def _scope(arguments: argparse.Namespace) -> Scope:
    from qa.retrieve import Scope

    return Scope(years=arguments.year, kinds=frozenset(arguments.kind) if arguments.kind else None)


def _library(folder: Path) -> Library:
    from corpus.library import Library
    from corpus.settings import load_settings

    return Library.open(folder, load_settings())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _language() -> Language:
    """Messages in Chinese where the terminal is set to it, else in English."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


@contextmanager
def _tolerated(kind: type[YinjuError], arguments: argparse.Namespace) -> Iterator[None]:
    """What is not worth the command's failure is said and no more."""
    try:
        yield
    except kind as exc:
        _complain(exc, arguments, kind="warning")


def _complain(exc: YinjuError, arguments: argparse.Namespace, kind: str = "") -> None:
    message = _as_called(exc.message(_language()), arguments)
    print(f"yinju: {kind + ': ' if kind else ''}{message}", file=sys.stderr)


def _as_called(message: str, arguments: argparse.Namespace) -> str:
    """A message whose command `yinju index` names the folders that this one was called with: it can be copied."""
    told = [
        f" --{name} {shlex.quote(folder)}"
        for name, usual in _FOLDERS.items()
        if (folder := getattr(arguments, name)) != usual
    ]
    return message.replace("`yinju index`", f"`yinju index{''.join(told)}`")


if __name__ == "__main__":
    sys.exit(main())
