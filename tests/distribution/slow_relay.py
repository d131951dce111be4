"""A command that runs another one, as `docker run -i` does, and is slow to pass bytes on.

python slow_relay.py SECONDS COMMAND ARGUMENT …
"""

import os
import queue
import subprocess
import sys
import threading
import time


def pass_on(source: int, target: int, delay: float) -> threading.Thread:
    """Pass bytes on, each as much later, until the source is closed."""
    waiting: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def read() -> None:
        data = b"first"
        while data:
            data = os.read(source, 65536)
            waiting.put((time.monotonic() + delay, data))

    def write() -> None:
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not data:
                os.close(target)
                return
            while data:
                data = data[os.write(target, data) :]

    threading.Thread(target=read, daemon=True).start()
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    return writer


if __name__ == "__main__":
    process = subprocess.Popen(
        sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    pass_on(0, process.stdin.fileno(), float(sys.argv[1]))
    pass_on(process.stdout.fileno(), 1, float(sys.argv[1])).join()
    os._exit(process.wait())
