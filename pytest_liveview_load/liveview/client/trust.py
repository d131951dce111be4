"""Which TLS certificates the client believes, and what it says of those it does not.

Law: ONE context per process (each costs megabytes and 40 ms), made when first needed.
"""

import ssl
from pathlib import Path

from pytest_liveview_load.errors import SettingError


def tls_context(verify: bool | str) -> ssl.SSLContext:  # noqa: FBT001 - as httpx spells it
    """Return the context for `verify`: True, False, or the path of the CAs to trust.

    Raises SettingError when the path has no certificate.
    """
    if isinstance(verify, bool):
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
    path = Path(verify)
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        message = f"verify={verify!r} holds no CA certificate that can be read: {error}"
        raise SettingError(message) from error


def tls_reason(error: ssl.SSLError) -> str:
    """Say in words why the TLS handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or str(error)
        return (
            f"its TLS certificate is not trusted ({why}); liveview_verify = "
            "path/to/ca.pem trusts a private CA, liveview_verify = false trusts anybody"
        )
    reason = getattr(error, "reason", None)  # only errors of OpenSSL itself have one
    if reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
        return "it does not speak TLS there (https:// for an http:// port?)"
    return f"the TLS handshake failed ({reason or error})"
