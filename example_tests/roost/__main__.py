"""`python -m roost --port 4000`: start the demo app.

Law of this file: exactly one line is printed when the app can be visited; SIGTERM and Ctrl-C
end it at once.
"""

import argparse
import contextlib
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from roost.app import IDLE_TIMEOUT, Roost
from roost.dialect import DIALECTS
from roost.faults import FaultyWebSocket
from roost.long_poll import WINDOW


class Server(uvicorn.Server):
    """Says where it listens, which matters when port 0 let the system choose."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then print the ready line."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            sys.stdout.write(f"Roost is ready at http://{host}:{port}\n")
            sys.stdout.flush()


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="roost", description="a small LiveView app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4000, help="0: any free port")
    parser.add_argument(
        "--liveview",
        choices=DIALECTS,
        default="1.2",
        help="the LiveView whose dialect is spoken",
    )
    parser.add_argument(
        "--vendor", type=Path, help="a node_modules folder with the real client"
    )
    parser.add_argument(
        "--idle-timeout",
        type=float,
        default=IDLE_TIMEOUT,
        help="seconds of silence after which a socket is closed",
    )
    parser.add_argument(
        "--poll-window",
        type=float,
        default=WINDOW,
        help="seconds that a long poll waits for messages",
    )
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    options = arguments()
    config = uvicorn.Config(
        Roost(
            dialect=DIALECTS[options.liveview],
            vendor=options.vendor,
            idle_timeout=options.idle_timeout,
            poll_window=options.poll_window,
        ),
        host=options.host,
        port=options.port,
        ws=FaultyWebSocket,
        ws_ping_interval=None,  # Phoenix sends no pings: the client's heartbeat is enough
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    # uvicorn raises again what stopped it; being told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run()


if __name__ == "__main__":
    main()
