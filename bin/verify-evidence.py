#!/usr/bin/env python3
"""Checks a Veilig evidence bundle with nothing of Veilig: Python's standard library and OpenSSL.

Usage: verify-evidence.py BUNDLE [KEYID] [--earlier BUNDLE]

Written from docs/formats/evidence.md alone. KEYID is the SHA-256 of the signing key, known from
elsewhere; without it the key in the bundle is used and shown. An earlier bundle of the same log is
a witness: what it covered must still stand there, unchanged. Exit status 0 when all of it holds.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path


class Refused(Exception):
    """The bundle does not hold."""


def check(holds, why):
    if not holds:
        raise Refused(why)


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    check(base64.b64encode(data).decode() == text, "base64 is not canonical")
    return data


def sha256(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    # Names in evidence are ASCII, so Python's order is that of UTF-16 code units.
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def verify_signature(key, message, signature):
    """Ed25519 by OpenSSL; the standard library has none."""
    der = bytes.fromhex("302a300506032b6570032100") + key
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("key", "message", "signature")}
        files["key"].write_bytes(der)
        files["message"].write_bytes(message)
        files["signature"].write_bytes(signature)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-keyform", "DER"]
        command += ["-inkey", files["key"], "-in", files["message"], "-sigfile", files["signature"]]
        done = subprocess.run(command, capture_output=True, check=False)
    check(done.returncode == 0, "a signature is wrong")


def read_key(vkey):
    name, key_id, encoded = vkey.split("+", 2)
    typed = unbase64(encoded)
    check(len(typed) == 33 and typed[0] == 1, "not an Ed25519 key")
    own = sha256(name.encode() + b"\n" + typed)[:4]
    check(own.hex() == key_id, "the key's id is not its own")
    return name, own, typed[1:]


def read_checkpoint(note, name, key_id, key):
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")[:3]
    check(origin == name, "another log's checkpoint")
    for line in signatures.strip().split("\n"):
        dash, signer, blob = line.split(" ")
        blob = unbase64(blob)
        if dash == "\u2014" and signer == name and blob[:4] == key_id:
            verify_signature(key, (text + "\n").encode(), blob[4:])
            return int(size), unbase64(root)
    raise Refused("the checkpoint is not signed by this key")


def root_of(leaves):
    """RFC 6962, section 2.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:]))


def root_by_proof(leaf, index, size, proof):
    """RFC 9162, section 2.1.3.2."""
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        check(last > 0, "a proof is too long")
        if at % 2 == 1 or at == last:
            node = sha256(b"\x01" + sibling + node)
            while at % 2 == 0 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling)
        at, last = at >> 1, last >> 1
    check(last == 0, "a proof is too short")
    return node


def verify_entry(entry, bundle, size, root, key):
    raw = unbase64(entry["envelope"])
    envelope = json.loads(raw)
    check(canonical(envelope) == raw, "an envelope is not canonical")
    index, proof = entry["index"], [unbase64(item) for item in entry["proof"]]
    check(0 <= index < size, "an entry is outside the log")
    check(root_by_proof(sha256(b"\x00" + raw), index, size, proof) == root, f"entry {index} is not in the log")
    kind, payload = envelope["payloadType"], unbase64(envelope["payload"])
    check(kind == "application/vnd.in-toto+json", "another payload type")
    (signature,) = envelope["signatures"]
    check(signature["keyid"] == sha256(key).hex(), "an entry is signed by another key")
    head = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode()
    verify_signature(key, head + payload, unbase64(signature["sig"]))
    statement = json.loads(payload)
    check(canonical(statement) == payload, "a statement is not canonical")
    (subject,) = statement["subject"]
    sentence = bundle["sentences"][subject["name"]]
    digest = sha256(canonical(sentence)).hex()
    check(subject["digest"]["sha256"] == digest, "a statement is about another sentence")
    return subject["name"], statement["predicate"], sentence


def verify_customer(given, measured):
    """Section 8: one customer's own part, under the root that an entry bears."""
    claim, predicate = measured[given["index"]]
    (signed,) = [one["values"] for one in predicate["findings"] if one["code"] == "CUSTOMERS_MEASURED"]
    leaf, proof = unbase64(given["leaf"]), [unbase64(item) for item in given["proof"]]
    check(0 <= given["at"] < given["count"] == signed["count"], "a part is outside its tree")
    root = root_by_proof(sha256(b"\x00" + leaf), given["at"], given["count"], proof)
    check(root.hex() == signed["root"], "a customer's part is not what was signed")
    part = json.loads(leaf)
    check(canonical(part) == leaf and part["claim"] == claim, "a customer's part is of another claim")
    return part


def verify_earlier(path, name, key_id, key, leaves):
    """Whoever kept an earlier bundle sees whether the log of then was rewritten since."""
    earlier = json.loads(Path(path).read_text(encoding="utf-8"))
    size, root = read_checkpoint(earlier["checkpoint"], name, key_id, key)
    check(size <= len(leaves), "the log is shorter than it was")
    check(root_of(leaves[:size]) == root, "the log does not continue what it was")
    return size


def main(path, trusted=None, earlier=None):
    bundle = json.loads(Path(path).read_text(encoding="utf-8"))
    check(bundle["format"] == "veilig-evidence-bundle-1", "another format")
    name, key_id, key = read_key(bundle["vkey"])
    check(trusted in (None, sha256(key).hex()), "signed by a key you do not trust")
    size, root = read_checkpoint(bundle["checkpoint"], name, key_id, key)
    if "leaves" in bundle:
        data = unbase64(bundle["leaves"])
        leaves = [data[at : at + 32] for at in range(0, len(data), 32)]
        check(len(data) == 32 * size and root_of(leaves) == root, "the leaves do not give the root")
    if earlier is not None:
        check("leaves" in bundle, "without all leaves nothing can be said of earlier ones")
        print(f"The first {verify_earlier(earlier, name, key_id, key, leaves)} entries are those of then.")
    measured = {}
    for entry in bundle["entries"]:
        claim, predicate, sentence = verify_entry(entry, bundle, size, root, key)
        measured[entry["index"]] = (claim, predicate)
        print(f"{predicate['outcome']:<10} {predicate['ended']}  {claim}: {sentence['en']}")
    for given in bundle.get("customers", []):
        part = verify_customer(given, measured)
        print(f"for {part['customer']}: {part['claim']} {json.dumps(part['findings'])}")
    print(f"All {len(bundle['entries'])} entries hold. Log {name}, {size} entries, key {sha256(key).hex()}")


if __name__ == "__main__":
    try:
        words = sys.argv[1:]
        before = words.index("--earlier") if "--earlier" in words else len(words)
        main(*words[:before], **{"earlier": words[before + 1] for _ in words[before:][:1]})
    except Refused as refused:
        sys.exit(f"REFUSED: {refused}")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        sys.exit(f"REFUSED: not as the format says: {error!r}")
