"""Signed tokens, the session cookie and CSRF tokens, shaped as Plug and Phoenix shape them.

Law of this file: what comes back from a browser is believed only after its signature was
checked; anything else is None, never an exception.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Final

from roost import etf

HEADER: Final = "SFMyNTY"  # base64url of "HS256", as Plug.Crypto.MessageVerifier
DAY: Final = 86_400
CSRF_KEY: Final = "_csrf_token"
FLASH_KEY: Final = "phoenix_flash"
SOCKET_ID_KEY: Final = "live_socket_id"


class Signer:
    """Signs and checks what leaves the server, with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, salt: str, data: etf.Term) -> str:
        """Return a Phoenix.Token of `data`: signed, dated, good for a day."""
        return self.sign_raw(salt, (data, time.time_ns() // 1_000_000, DAY))

    def verify(self, salt: str, token: object) -> etf.Term:
        """Return what was signed as `token`, or None if it is forged or too old."""
        match self.verify_raw(salt, token):
            case (data, int(signed_at), int(max_age)):
                age = time.time() - signed_at / 1000
                return data if age < max_age else None
            case _:
                return None

    def sign_raw(self, salt: str, term: etf.Term) -> str:
        """Return `term` signed without a date, as Plug signs a session cookie."""
        signed = f"{HEADER}.{_encode64(etf.encode(term))}"
        return f"{signed}.{_encode64(self._digest(salt, signed))}"

    def verify_raw(self, salt: str, token: object) -> etf.Term:
        """Return the term signed as `token`, or None."""
        if not isinstance(token, str) or not token.startswith(f"{HEADER}."):
            return None
        signed, _, signature = token.rpartition(".")
        expected = _encode64(self._digest(salt, signed))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return None
        return etf.decode(_decode64(signed.partition(".")[2]))

    def _digest(self, salt: str, signed: str) -> bytes:
        key = hashlib.sha256(self._secret + salt.encode()).digest()
        return hmac.digest(key, signed.encode(), "sha256")


@dataclass(slots=True)
class Session:
    """One browser's session cookie; `changed` says whether it must be sent anew."""

    data: dict[str, etf.Term] = field(default_factory=dict)
    changed: bool = False

    def get(self, key: str) -> str | None:
        """Return the text stored under `key`, or None."""
        value = self.data.get(key)
        return value if isinstance(value, str) else None

    def put(self, key: str, value: etf.Term) -> None:
        """Store `value` under `key`."""
        self.data[key] = value
        self.changed = True

    def renew(self) -> None:
        """Forget everything, as `configure_session(renew: true)` and a clear."""
        self.data.clear()
        self.changed = True

    def take_flash(self) -> dict[str, str]:
        """Return the flash that a redirect left, and forget it."""
        flash = flash_of(self.data.pop(FLASH_KEY, None))
        self.changed = self.changed or bool(flash)
        return flash

    def csrf_token(self) -> str:
        """Return a freshly masked CSRF token for this session."""
        token = self.get(CSRF_KEY)
        if token is None:
            token = secrets.token_urlsafe(18)
            self.put(CSRF_KEY, token)
        mask = secrets.token_urlsafe(18)
        masked = _xor(token.encode(), mask.encode())
        return base64.urlsafe_b64encode(masked).decode() + mask

    def accepts(self, csrf_token: str | None) -> bool:
        """Tell whether `csrf_token` was made for this session, as Plug.CSRFProtection."""
        token = self.get(CSRF_KEY)
        if token is None or csrf_token is None or len(csrf_token) != 56:
            return False
        masked, mask = _decode64(csrf_token[:32]), csrf_token[32:].encode()
        return len(masked) == len(mask) and hmac.compare_digest(
            _xor(masked, mask), token.encode()
        )


def flash_of(term: etf.Term) -> dict[str, str]:
    """Return a flash that was signed or stored, empty for anything else."""
    if not isinstance(term, dict):
        return {}
    return {key: str(message) for key, message in term.items()}


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _encode64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
