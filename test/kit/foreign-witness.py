#!/usr/bin/env python3
"""A witness as C2SP tlog-witness describes it, with nothing of Veilig: Python and OpenSSL.

Usage: foreign-witness.py NAME LOG-KEY PRIVATE-KEY.pem

Prints its port and its verifier key, then signs what continues what it signed before. Its memory is
its own: a history that does not continue gets no signature, whoever signed it.
"""
import base64
import hashlib
import struct
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

SPKI = bytes.fromhex("302a300506032b6570032100")


class Refused(Exception):
    """What is answered, and with which status."""


def sha256(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False)


def sign(key_file, message):
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "message")
        text.write_bytes(message)
        done = openssl("pkeyutl", "-sign", "-inkey", key_file, "-rawin", "-in", str(text))
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return done.stdout


def is_signed(public_key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder, name)) for name in ("key", "message", "signature")]
        for name, data in zip(names, (SPKI + public_key, message, signature)):
            Path(name).write_bytes(data)
        key, text, signed = names
        options = ["-verify", "-pubin", "-rawin", "-keyform", "DER", "-inkey", key]
        return openssl("pkeyutl", *options, "-in", text, "-sigfile", signed).returncode == 0


def continues(old_size, old_root, size, root, proof):
    """RFC 9162, section 2.1.4.2."""
    if old_size == 0:
        return not proof
    if old_size == size:
        return not proof and old_root == root
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    first, last = old_size - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old, new = node(sibling, old), node(sibling, new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new = node(new, sibling)
        first, last = first >> 1, last >> 1
    return old == old_root and new == root and last == 0


class Witness(BaseHTTPRequestHandler):
    name, key_file, key_id = "", "", b""
    log_name, log_id, log_key = "", b"", b""
    seen = {}

    def log_message(self, *_arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            status, answer = 200, self.cosign(body)
        except Refused as refused:
            status, answer = refused.args
        data = answer.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def cosign(self, body):
        head, _, note = body.partition("\n\n")
        first, *lines = head.split("\n")
        if not first.startswith("old "):
            raise Refused(400, "no size")
        old_size = int(first[4:])
        proof = [base64.b64decode(line, validate=True) for line in lines if line]
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        size, root = int(size), base64.b64decode(root, validate=True)
        if origin != self.log_name and not origin.startswith(f"{self.log_name}/"):
            raise Refused(404, "not a log I watch")
        blobs = [line.split(" ") for line in signatures.strip().split("\n")]
        signed = [base64.b64decode(blob) for _, signer, blob in blobs if signer == self.log_name]
        good = any(
            blob[:4] == self.log_id and is_signed(self.log_key, text.encode(), blob[4:])
            for blob in signed
        )
        if not good:
            raise Refused(403, "not signed by the log")
        if old_size > size:
            raise Refused(400, "it shrinks")
        known_size, known_root = self.seen.get(origin, (0, None))
        if old_size != known_size or (size == known_size and root != known_root and known_root):
            raise Refused(409, f"{known_size}\n")
        if not continues(old_size, known_root, size, root, proof):
            raise Refused(422, "the proof shows nothing")
        self.seen[origin] = (size, root)
        now = int(time.time())
        message = f"cosignature/v1\ntime {now}\n{text}".encode()
        blob = self.key_id + struct.pack(">Q", now) + sign(self.key_file, message)
        return f"\u2014 {self.name} {base64.b64encode(blob).decode()}\n"


def main():
    name, log_key, key_file = sys.argv[1:]
    der = openssl("pkey", "-in", key_file, "-pubout", "-outform", "DER").stdout
    typed = b"\x04" + der[-32:]
    Witness.name, Witness.key_file = name, key_file
    Witness.key_id = sha256(name.encode() + b"\n" + typed)[:4]
    Witness.log_name, log_id, encoded = log_key.split("+", 2)
    Witness.log_id = bytes.fromhex(log_id)
    Witness.log_key = base64.b64decode(encoded)[1:]
    server = HTTPServer(("127.0.0.1", 0), Witness)
    verifier = f"{name}+{Witness.key_id.hex()}+{base64.b64encode(typed).decode()}"
    print(f"{server.server_port} {verifier}", flush=True)
    server.serve_forever()


main()
