"""A slow page in pieces, with a base address of its own, vector pictures, and a turn to another page."""

import json
import random
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEAD = """<!doctype html><html><head><title>club</title><base href="/club/">
<style>body { color: rgb(1, 2, 3) }</style>
<script>window.visitor = { name: NAME, visit: COUNT }</script></head><body><h1 id="hello"></h1>
<svg width="20" height="20" style="border: 1px solid"><circle cx="10" cy="10" r="5" onclick="say('circle')"/></svg>
"""
LINES = ["<p>court %d is %s</p>" % (court, state) for court, state in enumerate(["free", "taken", "free"])]
TAIL = """<p id="said"></p><script>
function say(text) { document.getElementById('said').textContent = text }
document.getElementById('hello').textContent = 'Hello ' + window.visitor.name
</script><a id="next" href="leaving">on</a></body></html>"""
LEAVING = """<!doctype html><html><head><title>wait</title><meta http-equiv="refresh" content="0; url=/club/arrived">
</head><body>wait</body></html>"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        address = urllib.parse.urlparse(self.path)
        if address.path == "/club/leaving":
            return self.send([LEAVING])
        if address.path == "/club/arrived":
            return self.send(["<!doctype html><title>club</title><p>arrived</p>"])
        given = urllib.parse.parse_qs(address.query).get("name", ["nobody"])[0]
        name = json.dumps(given).replace("<", "\\u003c")
        head = HEAD.replace("NAME", name).replace("COUNT", str(random.randint(1, 10**6)))
        self.send([head, *LINES, TAIL])

    def send(self, pieces):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            body = piece.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
            self.wfile.flush()
            if len(pieces) > 1 and "name=" in self.path:
                time.sleep(0.02)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
