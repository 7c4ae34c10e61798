"""Who may open the page: a file of names, each with a role and the salted hash of a password.

    {"li": {"role": "editor", "hash": "$argon2id$v=19$m=65536,t=3,p=4$…"}}

Readers ask; editors also add and replace papers and bring the index up to date. The hashes are Argon2id with the
parameters of argon2-cffi (RFC 9106, second recommended option), which also compares them. No file, or one without
names, means that no password is asked for; a damaged one lets nobody in.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from corpus.disk import write_whole
from corpus.errors import PasswordsDamaged, PasswordsUnwritable, PasswordWeak, UserUnknown
from corpus.stored import restored

Role = Literal["reader", "editor"]
ROLES: tuple[Role, ...] = get_args(Role)
LEAST_CHARACTERS = 10
_MOST_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class User:
    """A role and the hash of a password."""

    role: Role
    hash: str


class Passwords:
    """The password file. Safe to use from several threads; a change of the file counts from the next request on."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._hasher = PasswordHasher()
        # One at a time: each takes 64 MB of memory and all that a core has.
        self._hashing = threading.Lock()
        self._read: tuple[tuple[int, int], Mapping[str, User]] | None = None

    def users(self) -> Mapping[str, User]:
        """All users by name; empty where there is no file. Raises `PasswordsDamaged`."""
        try:
            stat = self.file.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
            if self._read is None or self._read[0] != seen:
                stored = json.loads(self.file.read_text(encoding="utf-8"))
                self._read = seen, {name: restored(User, user) for name, user in stored.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, RecursionError) as exc:
            raise PasswordsDamaged(file=self.file, detail=str(exc)) from exc
        return self._read[1]

    def put(self, name: str, password: str, role: Role) -> None:
        """Let `name` in with this password from now on. Raises `PasswordWeak`, `PasswordsDamaged`,
        `PasswordsUnwritable`."""
        if not LEAST_CHARACTERS <= len(password) <= _MOST_CHARACTERS or password == name:
            raise PasswordWeak(name=name, least=LEAST_CHARACTERS)
        self._write({**self.users(), name: User(role, self._hasher.hash(password))})

    def remove(self, name: str) -> None:
        """Let `name` in no more. Raises `UserUnknown`, and as `put` does."""
        users = dict(self.users())
        if name not in users:
            raise UserUnknown(name=name, known=", ".join(users) or "none")
        del users[name]
        self._write(users)

    def check(self, name: str, password: str) -> User | None:
        """The user of this name if the password is theirs. Takes as long for a name that is unknown.

        Raises `PasswordsDamaged`.
        """
        user = self.users().get(name)
        with self._hashing:
            try:
                self._hasher.verify(user.hash if user is not None else self._nobody, password[:_MOST_CHARACTERS])
            except (VerificationError, InvalidHashError):
                return None
        return user

    @cached_property
    def _nobody(self) -> str:
        """What a password is compared with where there is no such name: the time does not tell which names there are.
        Matched or not, `check` then returns no user."""
        return self._hasher.hash("")

    def _write(self, users: Mapping[str, User]) -> None:
        text = json.dumps({name: asdict(user) for name, user in users.items()}, ensure_ascii=False, indent=1)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, f"{text}\n".encode(), mode=0o600)
        except OSError as exc:
            raise PasswordsUnwritable(file=self.file, detail=exc.strerror or str(exc)) from exc
