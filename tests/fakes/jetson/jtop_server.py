"""A stand-in for jetson-stats' service, so that its real client can be exercised without a board.

Run as ``python jtop_server.py SOCKET STATE VERSION``. It speaks the service's protocol (a multiprocessing
manager on a UNIX socket that offers a queue, a dictionary and an event) and prints "ready" when it listens.
STATE is a JSON file with jtop's ``power`` dictionary, read anew for each sample.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from base64 import b64encode
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any

# The client derives its key from the author's name in its own package (jtop/core/common.py, get_key).
KEY = str(b64encode(b"Raffaello Bonghi")).encode()

PATCH = """
import sys, runpy
import jtop.service
jtop.service.JTOP_PIPE = {socket!r}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def main(socket: str, state: str, version: str) -> None:
    """Serve for ever."""
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    data: dict[str, Any] = {}
    event = threading.Event()
    init = {
        "version": version,
        "interval": 0.05,
        "board": {"hardware": {}},
        "memory": {},
        "fan": {},
        "jc": {},
    }

    def answer() -> None:
        while True:
            item = requests.get()
            if "init" in item:  # our own answer: it is for the client
                requests.put(item)
                time.sleep(0.005)
            elif "interval" in item:
                requests.put({"init": init})
                time.sleep(0.02)

    def sample() -> None:
        while True:
            data.update(gpu={}, mem={}, fan={}, power=json.loads(Path(state).read_text()))
            event.set()
            time.sleep(0.02)

    for job in (answer, sample):
        threading.Thread(target=job, daemon=True).start()
    BaseManager.register("get_queue", callable=lambda: requests)
    BaseManager.register("sync_data", callable=lambda: data)
    BaseManager.register("sync_event", callable=lambda: event)
    server = BaseManager(address=socket, authkey=KEY).get_server()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:4])
