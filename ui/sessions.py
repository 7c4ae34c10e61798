"""Who is logged in, and who has failed too often.

A session is a random token in the visitor's cookie; here only its hash is kept. It ends after some time without a
request, after a week at the latest, and at once when the user is removed or gets another password or role.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ui.passwords import Role, User

_LONGEST_SECONDS = 7 * 24 * 3600
_MOST = 10_000
"""Sessions that are kept; the one unused for longest ends first."""
FAILURES_OF_ADDRESS = RateLimitItemPerMinute(10, 5)
FAILURES_OF_NAME = RateLimitItemPerMinute(20, 5)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request is from. Where no password is asked for, an editor without a name."""

    name: str = ""
    role: Role = "editor"

    @property
    def may_edit(self) -> bool:
        """Whether papers and the index may be changed."""
        return self.role == "editor"


@dataclass(frozen=True, slots=True)
class _Session:
    name: str
    user: User
    begun: float
    used: float


class Sessions:
    """The sessions of one server. Safe to use from several threads. `clock` tells seconds."""

    def __init__(self, minutes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = 60 * minutes
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[bytes, _Session] = {}

    def begin(self, name: str, user: User, token: str = "") -> str:
        """A new session; returns its token: 43 characters that cannot be guessed, if none such is given."""
        token, now = token or secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._sessions = {key: s for key, s in self._sessions.items() if self._lives(s, now)}
            while len(self._sessions) >= _MOST:
                del self._sessions[next(iter(self._sessions))]
            self._sessions[_key(token)] = _Session(name, user, now, now)
        return token

    def visitor(self, token: str, users: Mapping[str, User]) -> Visitor | None:
        """Who has this token, if the session still lives and the user is still one of `users`, unchanged."""
        key, now = _key(token), self._clock()
        with self._lock:
            session = self._sessions.pop(key, None)
            if session is None or not self._lives(session, now) or users.get(session.name) != session.user:
                return None
            self._sessions[key] = replace(session, used=now)  # at the end: in the order of their use
        return Visitor(session.name, session.user.role)

    def end(self, token: str) -> None:
        """The session is over."""
        with self._lock:
            self._sessions.pop(_key(token), None)

    def _lives(self, session: _Session, now: float) -> bool:
        return now - session.used < self._seconds and now - session.begun < _LONGEST_SECONDS


class Failures:
    """Failed attempts of the last minutes, by address and by name."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def too_many(self, address: str, name: str) -> bool:
        """Whether no further attempt is to be looked at."""
        return not all(self._limiter.test(limit, kind, key) for limit, kind, key in _counted(address, name))

    def add(self, address: str, name: str) -> None:
        """An attempt has failed."""
        for limit, kind, key in _counted(address, name):
            self._limiter.hit(limit, kind, key)


def _counted(address: str, name: str) -> tuple[tuple[RateLimitItemPerMinute, str, str], ...]:
    return (FAILURES_OF_ADDRESS, "address", address), (FAILURES_OF_NAME, "name", name)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
