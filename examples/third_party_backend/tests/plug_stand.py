"""A plug made of a real HTTP server on localhost: a stand for the conformance suite."""

import http.server
import json
import math
import threading

from wattwhat_wallplug import WallPlugBackend

MAC = "A8032ABE54DC"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers like a plug, or as badly as it is told to."""

    def do_GET(self):
        plug = self.server.plug
        code, answer = plug.answer(self.path)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - plug.cut_off])

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    """A server whose threads end with their request."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is no news


class PlugStand:
    """An emulated plug; see `wattwhat.testing.Stand`."""

    def __init__(self, quantity=None, timeout_s=2.0):
        self.quantity = quantity
        self.timeout_s = timeout_s
        self.energy_j = 5000.0
        self.power_w = 25.0
        self.failing = ""
        self.body = None
        self.cut_off = 0
        self.requests = []
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.plug = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, path):
        self.requests.append(path)
        if self.failing:
            return {"error": 500, "permission": 401, "lost": 404}[self.failing], {"message": "no"}
        if path == "/rpc/Shelly.GetDeviceInfo":
            return 200, {"mac": MAC, "model": "SNPL-00112EU", "gen": 2}
        if self.body is not None:
            return 200, self.body
        if path == "/rpc/Switch.GetStatus?id=0":
            # A plug cuts its counter to three decimals of a Wh, and rounds its power to one of a W.
            total_wh = math.floor(self.energy_j / 3.6 + 1e-6) / 1000.0
            return 200, {"id": 0, "apower": round(self.power_w, 1), "aenergy": {"total": total_wh}}
        return 404, {"message": "no such component"}

    def open(self):
        return WallPlugBackend(self.url, quantity=self.quantity, timeout_s=self.timeout_s)

    def deposit(self, channel_id, joules):
        self.energy_j += joules

    def set_power(self, channel_id, watts):
        self.power_w = watts

    def fail(self, channel_id, how):
        self.failing = how

    def heal(self, channel_id):
        self.failing = ""

    def reset(self, channel_id):
        self.energy_j = 0.0

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
