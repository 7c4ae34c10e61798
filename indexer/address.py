"""Where a library is that lies in Milvus, not in a folder.

milvus:///data/papers.db              a file of Milvus Lite, for one process at a time
milvus://10.0.0.5:19530/papers        a server or a cluster, and the name of the library there
milvus+tls://10.0.0.5:19530/papers    one that speaks TLS
milvus://name:password@10.0.0.5:19530/papers
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import unquote, urlsplit

from corpus.errors import SettingsError, StoreMissing

_EXPECTED = "milvus://HOST:PORT/LIBRARY, milvus+tls://HOST:PORT/LIBRARY or milvus:///FOLDER/FILE.db"
_SCHEMES = {"milvus": "http", "milvus+tls": "https"}
_LIBRARY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is. `uri` is what pymilvus connects to."""

    uri: str
    library: str
    token: str = ""

    @classmethod
    def of(cls, text: str) -> Address:
        """From a text such as `milvus://10.0.0.5:19530/papers`. Raises `SettingsError`."""
        parts = urlsplit(text)
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme == "milvus" and not parts.netloc and parts.path.endswith(".db"):
            return cls(unquote(parts.path), "library")
        library = parts.path.strip("/")
        scheme = _SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname or port is None or not _LIBRARY.fullmatch(library):
            raise SettingsError(where="store", value=text, expected=_EXPECTED)
        token = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{scheme}://{host}:{port}", library, token)

    def check(self) -> None:
        """Raise `StoreMissing` where pymilvus is not installed: before papers are read and embedded."""
        if find_spec("pymilvus") is None or (self.is_file and find_spec("milvus_lite") is None):
            raise StoreMissing(address=self)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of Milvus Lite."""
        return self.uri.endswith(".db")

    def __str__(self) -> str:
        if self.is_file:
            return f"milvus://{self.uri}"
        scheme, _, place = self.uri.partition("://")
        return f"{'milvus+tls' if scheme == 'https' else 'milvus'}://{place}/{self.library}"
