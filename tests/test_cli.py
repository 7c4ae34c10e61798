"""The command line: every command has help, an example and a place in the README; errors are one line; JSON is pure."""

from __future__ import annotations

import argparse
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from qa import Answer, Shelf
from qa.answer import Statement
from tests.conftest import PROJECT, WordEncoder
from ui import cli
from ui.terminal import answer_text

COMMANDS = [
    "index", "ask", "answer", "search", "read", "papers", "add", "remove", "restore", "cite", "check", "eval", "serve",
    "mcp",
    "password",
]  # fmt: skip


@pytest.fixture
def folders(papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`--corpus` and `--index` on a copy of the papers, with the small encoder in the model's place."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setattr("indexer.model.load_encoder", lambda settings: WordEncoder())
    monkeypatch.setattr("indexer.model.model_identity", lambda settings: WordEncoder.identity)
    return ["--corpus", str(papers), "--index", str(tmp_path / "index")]


def test_workers_are_missed_before_anything_is_read(
    folders: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert cli.main(["index", "--workers", "2", *folders]) == 1
    assert "yinju[scale]" in capsys.readouterr().err
    assert not Path(folders[3]).exists()


def subparsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    actions = cli.parser()._actions
    return next(a.choices for a in actions if isinstance(a, argparse._SubParsersAction))  # type: ignore[return-value]


def test_the_commands_are_those_of_the_readme() -> None:
    assert list(subparsers()) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_stands_in_the_readme(name: str) -> None:
    parser = subparsers()[name]
    assert f"example: yinju {name}" in " ".join(parser.format_help().split())
    assert parser.description
    assert f"yinju {name}" in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_a_session(folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["index", *folders]) == 0
    out = capsys.readouterr().out
    assert "added         5   chen shi-wang-zhang sun-luo wang-yu-liu zhang" in out
    assert cli.main(["papers", *folders]) == 0
    assert "孙毅，罗穆雄" in capsys.readouterr().out
    new = tmp_path / "new.txt"
    new.write_text("新论文\n\n滨江市的光刻胶试点工厂年产能为七千吨。", encoding="utf-8")
    assert cli.main(["add", str(new), *folders]) == 0
    assert cli.main(["check", *folders]) == 1
    mends = f"`yinju index {shlex.join(folders)}`"
    said = f"new.txt: added since the index was made; bring it up to date with {mends}"
    assert capsys.readouterr().out.splitlines()[-1] == said
    assert cli.main(shlex.split(mends.strip("`"))[1:]) == 0
    capsys.readouterr()
    assert cli.main(["ask", "光刻胶试点工厂的年产能？", *folders, "--json", "--paper", "new"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [p["paper"]["id"] for p in answer["passages"]] == ["new"] * len(answer["passages"])
    assert cli.main(["remove", "new", *folders]) == 0
    assert cli.main(["restore", *folders]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "new.txt"
    assert cli.main(["restore", "new.txt", *folders]) == 0
    assert cli.main(["check", *folders]) == 0
    assert cli.main(["remove", "new", *folders]) == 0
    assert cli.main(["index", *folders]) == 0
    assert cli.main(["check", *folders]) == 0
    assert cli.main(["search", "会员结构", "--top", "2", "--json", *folders]) == 0
    captured = capsys.readouterr().out.splitlines()
    assert cli.main(["check", "--rollback", *folders]) == 0
    assert "6 papers" in capsys.readouterr().out
    assert cli.main(["check", *folders]) == 1
    assert capsys.readouterr().out.startswith("new.txt: deleted since the index was made")
    assert cli.main(["check", "--rollback", *folders]) == 0
    assert cli.main(["check", "--rollback", *folders]) == 1
    assert "no whole version before" in capsys.readouterr().err
    assert [p["rank"] for p in json.loads(captured[-1])["passages"]] == [1, 2]


def test_questions_are_streamed_in_order_with_their_ids(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["index", *folders])
    capsys.readouterr()
    questions = tmp_path / "q.jsonl"
    asked = [("b", "什么是产业公地？"), ("a", "？？"), ("c", "IACMI 由谁经营？")]
    questions.write_text("\n".join(json.dumps({"id": i, "question": q}) for i, q in asked), encoding="utf-8")
    assert cli.main(["ask", "--questions", str(questions), "--json", *folders]) == 1
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["id"] for line in lines] == ["b", "a", "c"]
    assert "no words" in lines[1]["error"]
    assert len(captured.err.splitlines()) == 1
    assert cli.main(["search", "--questions", str(questions), "--json", *folders]) == 1
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "什么是产业公地？"], "no index here yet; make it with `yinju index --corpus "),
        (["cite", "nobody"], "nobody: no paper with this id; known: chen"),
        (["remove", "nobody"], "no paper with this id"),
        (["restore", "nobody.txt"], "no paper with this id; known: none"),
        (["read", "absent.txt"], "absent.txt"),
        (["read", "papers/papers.toml"], "this kind of file is not read"),
        (["eval", "absent.jsonl"], "absent.jsonl"),
        (["add", "absent.pdf"], "absent.pdf"),
    ],
)
def test_an_error_is_one_line_and_status_1(
    folders: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.main([*arguments, *folders]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = [line for line in captured.err.splitlines() if line.startswith("yinju: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "Traceback" not in captured.err


def test_messages_follow_the_locale(
    folders: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert cli.main(["ask", "什么是产业公地？", *folders]) == 1
    assert "这里还没有索引" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["ask"], ["nonsense"], ["cite", "chen", "--style", "mla"], ["search", "词", "--top", "0"]]
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2


def test_bad_files_are_warned_of_and_the_rest_is_indexed(
    folders: list[str], papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (papers / "empty.pdf").write_bytes(b"")
    (papers / "page.pdf").write_text("<html><body>404</body></html>", encoding="utf-8")
    (papers / "picture.png").write_bytes(b"\x89PNG")
    assert cli.main(["index", *folders]) == 0
    captured = capsys.readouterr()
    assert "added         5" in captured.out
    assert [line.split(": ")[1:3] for line in captured.err.splitlines()] == [
        ["warning", "empty.pdf"],
        ["warning", "page.pdf"],
        ["note", "picture.png"],
    ]


def test_the_library_tells_why_a_file_could_not_be_read(
    folders: list[str], papers: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    (papers / "empty.pdf").write_bytes(b"")
    assert cli.main(["index", *folders]) == 0
    capsys.readouterr()
    assert cli.main(["papers", *folders]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if line.startswith("empty ")] == [["empty", "failed", "—", "—", "—"]]
    assert lines[-1] == "empty.pdf: the file is empty; add the paper again from its source"
    assert cli.main(["check", *folders]) == 1
    assert capsys.readouterr().out.splitlines() == [f"{lines[-1]}; then run `yinju index {shlex.join(folders)}`"]


def test_an_empty_and_a_missing_folder(tmp_path: Path, folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none").mkdir()
    index = ["--index", str(tmp_path / "i")]
    assert cli.main(["index", "--corpus", str(tmp_path / "none"), *index]) == 1
    assert "no readable paper" in capsys.readouterr().err
    assert cli.main(["index", "--corpus", str(tmp_path / "nowhere"), *index]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_read_prints_the_documented_parse(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", str(PROJECT / "corpus/papers/sun-luo.txt"), "--json"]) == 0
    paper = json.loads(capsys.readouterr().out)
    assert (paper["id"], paper["title"], paper["authors"]) == (
        "sun-luo",
        "美国智能制造的发展及启示",
        ["孙毅", "罗穆雄"],
    )
    for section in paper["sections"]:
        assert " ".join(paper["text"][section["start"] :].split("\n", 1)[0].split()) == section["title"]
    table = paper["tables"][1]
    assert (table["number"], table["rows"][-1]) == ("表2", ["2019年", "14", "561", "1 920", "3.9", "1.33", "3.55"])
    assert table["header"][-1] == "私人投资（亿美元）"
    assert paper["pages"] == []


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    heavy = "('torch', 'faiss', 'gradio', 'numpy')"
    code = f"import sys, ui.cli; ui.cli.parser(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_shelf_opens_without_loading_anything(tmp_path: Path) -> None:
    shelf = Shelf.open(tmp_path / "papers", tmp_path / "index")
    assert shelf.library.folder == tmp_path / "papers"


def test_an_answer_is_kept_shown_again_and_exported(
    folders: list[str], papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the address that `ask` names; after the paper has changed, that is said with what was quoted then."""
    cli.main(["index", *folders])
    capsys.readouterr()
    question = "14家创新中心里国防部、能源部、商务部各设立了几家？"
    assert cli.main(["ask", question, *folders]) == 0
    told = capsys.readouterr()
    address = re.search(r"`yinju answer ([0-9a-f]{16})` shows this answer again", told.err)
    assert address is not None
    assert cli.main(["answer", address[1], *folders]) == 0
    again = capsys.readouterr().out
    assert told.out.splitlines()[0] in again
    assert f"question  {question}" in again
    assert cli.main(["answer", address[1], "--json", *folders]) == 0
    states = json.loads(capsys.readouterr().out)["states"]
    assert states
    assert set(states) == {"verbatim"}
    for form, sign in (
        ("gbt7714", "[1] 张华胜"),
        ("bibtex", "@misc{zhang"),
        ("csl-json", '"zhang"'),
        ("markdown", "## "),
    ):
        assert cli.main(["answer", address[1], "--as", form, *folders]) == 0
        assert sign in capsys.readouterr().out
        assert cli.main(["ask", question, "--as", form, *folders]) == 0
        assert sign in capsys.readouterr().out
    for paper in papers.glob("*.txt"):
        paper.write_text("题目\n\n正文里没有那句话了。", encoding="utf-8")
    cli.main(["index", *folders])
    capsys.readouterr()
    assert cli.main(["answer", address[1], *folders]) == 0
    assert "[1] zhang.txt: changed: the paper no longer holds this quotation: “" in capsys.readouterr().out
    assert cli.main(["answer", "0" * 16, *folders]) == 1
    assert "no answer is kept under this address" in capsys.readouterr().err


def test_a_conversation_can_be_exported(folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["index", *folders])
    talk = {"id": "a", "turns": [{"question": "什么是产业公地？"}, {"question": "它由谁经营？"}]}
    (tmp_path / "talk.jsonl").write_text(json.dumps(talk), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["ask", "--conversations", str(tmp_path / "talk.jsonl"), "--as", "markdown", *folders]) == 0
    text = capsys.readouterr().out
    assert "## 什么是产业公地？" in text
    assert "## 它由谁经营？\n\n（理解为：产业公地由谁经营？）" in text


def test_what_was_asked_for_is_bold_on_a_terminal_only() -> None:
    answer = Answer("问", (Statement("投资2.48亿美元。", (), ((2, 8),)),), True, 0.1, (), (), {})
    assert answer_text(answer).startswith("投资2.48亿美元。\n")
    assert answer_text(answer, bold=True).startswith("投资\x1b[1m2.48亿美\x1b[0m元。\n")


def test_a_search_can_be_narrowed(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["index", *folders])
    capsys.readouterr()
    assert cli.main(["search", "制造业", "--year", "2019", "--kind", "text", "--top", "50", "--json", *folders]) == 0
    assert {p["paper"]["id"] for p in json.loads(capsys.readouterr().out)["passages"]} == {"chen"}
    assert cli.main(["search", "制造业", "--year", "2020-2021", "--kind", "table", "--json", *folders]) == 0
    passages = json.loads(capsys.readouterr().out)["passages"]
    assert {p["paper"]["id"] for p in passages} == {"sun-luo"}
    assert cli.main(["ask", "制造业", "--year", "1850", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["abstained"]
    for wrong in (["--year", "2021-2019"], ["--year", "x"], ["--kind", "heading"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["search", "制造业", *wrong, *folders])
        assert stopped.value.code == 2


def test_eval_prints_a_table_and_json(folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["index", *folders])
    questions = tmp_path / "q.jsonl"
    evidence = [{"paper": "wang-yu-liu.txt", "all_of": ["支持创新的集体能力"]}]
    asked = [
        {"id": "1", "kind": "fact", "question": "什么是产业公地？", "answer": ["集体能力"], "evidence": evidence},
        {
            "id": "2",
            "kind": "fact",
            "question": "会员分几级？",
            "evidence": [{"paper": "chen.txt", "all_of": ["无此句"]}],
        },
    ]
    questions.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["eval", str(questions), *folders]) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[0].split() == [
        "kind", "n", "hit@1", "hit@3", "hit@5", "hit@10", "read1500", "mrr@10", "ndcg@10", "answered", "evidence_cited",
    ]  # fmt: skip
    assert "missed 2 会员分几级？ (rank none); returned instead:" in text
    assert cli.main(["eval", str(questions), "--json", *folders]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["kinds"]["fact"]["hit@1"] == 0.5
    assert [miss["id"] for miss in summary["misses"]] == ["2"]
    assert cli.main(["eval", str(questions), "--ablation", "--json", *folders]) == 0
    assert json.loads(capsys.readouterr().out)["only words"]["hit@1"] == 0.5
    assert cli.main(["eval", str(questions), "--ablation", *folders]) == 0
    assert "without names" in capsys.readouterr().out


def test_others_are_let_in_by_a_password_only(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["serve", "--host", "0.0.0.0", *folders]) == 1
    assert "no password is set; set one with `yinju password NAME`" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert cli.main(["password", "李明"]) == 1
    assert "at least 10 characters" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert cli.main(["password", "李明", "--role", "reader"]) == 0
    assert "李明 may open the page as reader" in capsys.readouterr().out
    stored = json.loads((tmp_path / ".yinju" / "passwords.json").read_text(encoding="utf-8"))
    assert stored["李明"]["role"] == "reader"
    assert "horse" not in str(stored)
    assert cli.main(["password", "李明", "--remove"]) == 0
    assert cli.main(["password", "李明", "--remove"]) == 1
    assert "nobody of this name has a password" in capsys.readouterr().err


def test_a_paper_takes_anothers_place_only_when_told_to(
    folders: list[str], papers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    mine = tmp_path / "mine" / "chen.txt"
    mine.write_text("另一篇论文，写的是新材料。", encoding="utf-8")
    before = (papers / "chen.txt").read_bytes()
    assert cli.main(["add", str(mine), *folders]) == 1
    assert "already has another paper of this name" in capsys.readouterr().err
    assert (papers / "chen.txt").read_bytes() == before
    assert cli.main(["add", str(mine), "--replace", *folders]) == 0
    assert (papers / "chen.txt").read_bytes() == mine.read_bytes()
    assert (papers / ".removed" / "chen.txt").read_bytes() == before
