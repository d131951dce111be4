"""Why nobody could be reached, in words a person can act on.

An OSError never leaves the client; it becomes a ConnectionFailed that names
the cause.
"""

import asyncio
import errno
import ipaddress
import re
import socket
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from pytest_liveview_load.errors import (
    ConnectionFailed,
    SettingError,
    WrongAddress,
)

LOOPBACKS: Final = ("127.0.0.1", "::1")
# What OpenSSL says of a peer that answers in plain text.
NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"})


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
    if reason in NO_TLS:
        return "it does not speak TLS there (https:// for an http:// port?)"
    return f"the TLS handshake failed ({reason or error})"


SECURE_SCHEMES = frozenset({"https", "wss"})


def failed_to_reach(url: str, error: BaseException) -> ConnectionFailed:
    """Return the error to raise for `url`, which `error` kept us from."""
    reason = reason_of(error, url)
    if elsewhere := better_address(url, root_cause(error)):
        return WrongAddress(printable_url(url), f"{reason}. {elsewhere}")
    if proxy := ignored_proxy(url):
        reason = f"{reason} ({proxy} is set, but users never go through a proxy)"
    return ConnectionFailed(printable_url(url), reason)


def better_address(url: str, error: BaseException) -> str:
    """Say where the app is instead, "" where that is not known."""
    parts = urlsplit(url)
    if getattr(error, "reason", None) in NO_TLS:
        return f"Is it {other_scheme(url)}?"
    host = parts.hostname or ""
    if isinstance(error, ConnectionRefusedError) and host in LOOPBACKS:
        other = LOOPBACKS[1 - LOOPBACKS.index(host)]
        if listens(other, port_of(url)):
            return (
                f"But somebody listens there on {other}: set liveview_url to "
                f"{parts.scheme}://localhost:{port_of(url)}, which stands for both"
            )
    return ""


def listens(host: str, port: int) -> bool:
    """Return whether anybody listens on a port of this machine."""
    try:
        with socket.create_connection((host, port), timeout=0.1):
            return True
    except OSError:
        return False


def other_scheme(url: str) -> str:
    """Return the origin of `url` with TLS if that has none, and without if it has."""
    parts = urlsplit(url)
    scheme = "http" if parts.scheme in SECURE_SCHEMES else "https"
    return f"{scheme}://{parts.netloc}"


def other_names(origin: str) -> str:
    """Say how else than in `origin` an app on this machine may be called, "" elsewhere."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if not is_loopback(host):
        try:
            number = socket.gethostbyname(host)
        except OSError:
            return ""
        if not is_loopback(number):
            return ""
    known = "127.0.0.1" if host == "localhost" else "localhost"
    port = f":{parts.port}" if parts.port else ""
    return (
        f". {host} is this machine, which the app may know as {known}: try "
        f"liveview_url = {parts.scheme}://{known}{port}"
    )


async def speaks_tls(url: str, timeout: float) -> bool:  # noqa: ASYNC109 - asyncio's is its
    """Return whether who answers at `url` begins a TLS handshake."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(
                parts.hostname, port_of(url), ssl=context
            )
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def ignored_proxy(url: str) -> str:
    """Return the variable that asks for a proxy to `url`, "" if none does.

    It is not heeded: a proxy would be measured, and not the app.
    """
    host = urlsplit(url).hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return ""
    secure = urlsplit(url).scheme in SECURE_SCHEMES
    named = ("https" if secure else "http", "all")
    proxies = getproxies_environment()
    return next((f"{name.upper()}_PROXY" for name in named if proxies.get(name)), "")


def absolute(home: str, path: str) -> str:
    """Return where `path` is in the app at `home`. Raises ConnectionFailed for no path.

    That of an app below a path begins there; it may say so itself, as a page's links do.
    """
    try:
        prefix = urlsplit(home).path.rstrip("/")
        asked = f"{urlsplit(path).path}/"
        if path.startswith("/") and not path.startswith("//"):
            path = path if asked.startswith(f"{prefix}/") else f"{prefix}{path}"
        return urljoin(f"{home.rstrip('/')}/", path)
    except (ValueError, TypeError, AttributeError):
        raise ConnectionFailed(repr(path), "it is no path of a page") from None


def another_host(url: str, home: str) -> ConnectionFailed:
    """Return the error for an address away from the app's `home`: nobody allowed load there."""
    reason = (
        f"it is another host than {home}, where virtual users do not go; liveview_allow = "
        f"{urlsplit(url).hostname} lets them"
    )
    return ConnectionFailed(printable_url(url), reason)


def reason_of(error: BaseException, url: str = "") -> str:
    """Say in words what `error` means for a connection to `url`."""
    root = root_cause(error)
    parts = urlsplit(url)
    if isinstance(root, ssl.SSLError):
        return tls_reason(root)
    if isinstance(root, socket.gaierror):
        return f"the name {parts.hostname!r} is unknown (DNS: {root.strerror or root})"
    if isinstance(root, TimeoutError):
        return "nothing answered in time"
    numbers = errnos_of(root) if isinstance(root, OSError) else frozenset()
    if numbers == {errno.EADDRNOTAVAIL}:
        return (
            "this machine has no local port left to connect from; widen "
            "net.ipv4.ip_local_port_range, or run fewer users here"
        )
    if isinstance(root, ConnectionRefusedError) or "refused" in str(root).lower():
        listening = f"nobody listens on port {port_of(url)} (connection refused)"
        return f"{listening}. Is the app running there?"
    if isinstance(root, ConnectionResetError):
        return "it hung up at once (connection reset)"
    if isinstance(root, MemoryError) or numbers & {errno.ENOMEM, errno.ENOBUFS}:
        return "this process has no memory left: run fewer users here"
    if numbers & {errno.EMFILE, errno.ENFILE}:
        return "this process has no file descriptor left; raise `ulimit -n`"
    return str(root) or type(root).__name__


def root_cause(error: BaseException) -> BaseException:
    """Return the operating system's error under a library's, or `error` itself."""
    each: BaseException | None = error
    seen: set[int] = set()  # what was raised from its own cause leads in a circle
    while each is not None and id(each) not in seen:
        # ssl.SSLError, gaierror and TimeoutError are of the first kind too.
        if isinstance(each, OSError | MemoryError):
            return each
        seen.add(id(each))
        each = each.__cause__ or each.__context__
    return error


def errnos_of(error: OSError) -> frozenset[int]:
    """Return the numbers of an error; of several, one per address, there are several.

    "Multiple exceptions: [Errno 99] …, [Errno 111] …" of asyncio has none of its own.
    """
    if error.errno is not None:
        return frozenset({error.errno})
    return frozenset(map(int, re.findall(r"\[Errno (\d+)\]", str(error))))


def port_of(url: str) -> int:
    """Return the port that `url` names or implies."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme in SECURE_SCHEMES else 80)


def origin_of(url: str) -> str:
    """Return scheme, host and port as a browser's Origin header shows them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def place_of(url: str) -> tuple[bool, str, int]:
    """Return whether `url` is over TLS, its host and its port; equal for one origin.

    An http page and its websocket (ws) are of one origin here.
    """
    parts = urlsplit(url)
    return parts.scheme in SECURE_SCHEMES, parts.hostname or "", port_of(url)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its name or number alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def printable_url(url: str) -> str:
    """Return `url` without its query, which holds tokens that nobody wants to read."""
    return url.partition("?")[0]
