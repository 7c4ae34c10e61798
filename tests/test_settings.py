"""Settings come from one file, and whatever is not understood is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import SettingsError
from corpus.settings import Settings, load_settings


def test_no_file_means_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YINJU_SETTINGS", raising=False)
    assert load_settings() == Settings()


def test_a_file_in_the_working_folder_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YINJU_SETTINGS", raising=False)
    (tmp_path / "yinju.toml").write_text('model = "some/model"\npassage_characters = 400\n', encoding="utf-8")
    assert load_settings() == Settings(model="some/model", passage_characters=400)


def test_the_environment_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("passages_shown = 3\n", encoding="utf-8")
    monkeypatch.setenv("YINJU_SETTINGS", str(file))
    assert load_settings().passages_shown == 3


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("pasage_characters = 400", "pasage_characters"),
        ('passage_characters = "400"', "passage_characters"),
        ("passage_characters = true", "passage_characters"),
        ("passage_characters =", "s.toml"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert named in caught.value.message("en")
    assert named in caught.value.message("zh")


def test_a_named_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml")
