"""Twenty pages that are open at once, and one more that sends as much as it can.

Owns their process; must not know what the coach does meanwhile.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OBEYED: Final = '{"type": "do", "intent": "time_left", "slots": {}}'
REFUSED: Final = '{"type": "do", "intent": "nothing", "slots": {}}'
_CODE: Final = """
import os
import signal
import sys
import threading
from websockets.sync.client import connect

host, cookie, message = sys.argv[1:]


def page():
    headers = {"cookie": f"voice_coach={cookie}"}
    origin = f"http://{host}"
    return connect(f"ws://{host}/live", origin=origin, additional_headers=headers, proxy=None)


def read(socket):
    while True:
        socket.recv()


pages = [page().__enter__() for _ in range(20)]
for socket in pages[:10]:
    threading.Thread(target=read, args=(socket,), daemon=True).start()
sent = 0


def ended(*_):
    print(sent, flush=True)
    os._exit(0)


signal.signal(signal.SIGTERM, ended)
print("20 pages", flush=True)
while True:
    try:
        with page() as socket:
            while True:
                socket.send(message)
                socket.send("[" * 2000)
                sent += 2
    except Exception:
        pass
"""
"""Ten pages that read, ten that are dead, and one that sends as much as there is room for."""


class Crowd:
    """The process of all of them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def stop(self) -> int:
        """End them; return how many messages were sent."""
        self._process.terminate()
        return int(self._process.communicate(timeout=5)[0])


@contextmanager
def crowd(host: str, cookie: str, message: str) -> Iterator[Crowd]:
    """Open all of them at `host`; one sends `message` and rubbish over and over."""
    command = [sys.executable, "-c", _CODE, host, cookie, message]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "20 pages\n"
            yield Crowd(process)
        finally:
            process.kill()
