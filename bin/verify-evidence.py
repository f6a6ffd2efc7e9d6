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

HASH = 32  # bytes of a SHA-256


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


def signed_text(note, name, key_id, key):
    text, _, signatures = note.partition("\n\n")
    for line in signatures.strip().split("\n"):
        dash, signer, blob = line.split(" ")
        blob = unbase64(blob)
        if dash == "\u2014" and signer == name and blob[:4] == key_id:
            verify_signature(key, (text + "\n").encode(), blob[4:])
            return text.split("\n")
    raise Refused("a note is not signed by the key that should have")


def read_checkpoint(note, line):
    size = int(note.split("\n")[1])
    name, key_id, key = key_at(line, size)
    origin, _, root = signed_text(note, name, key_id, key)[:3]
    check(origin == name, "another log's checkpoint")
    return size, unbase64(root)


def read_line(bundle):
    """Section 9: every key of the log, each with the index from which on it signs."""
    line = []
    for number, given in enumerate(bundle.get("successions", []), 1):
        note = unbase64(given["envelope"]).decode()
        heading, own, former, after, when = note.partition("\n\n")[0].split("\n")
        check(heading == "veilig key succession v1" and own == str(number), "another handover of keys")
        line = line or [(0, former, None)]
        check(line[-1][1] == former and given["index"] >= line[-1][0], "a key follows another")
        keys = [read_key(former), read_key(after)]
        check(former != after and keys[0][0] == keys[1][0], "a key takes over from itself")
        for key in keys:
            signed_text(note, *key)
        line.append((given["index"] + 1, after, when))
    line = line or [(0, bundle["vkey"], None)]
    check(line[-1][1] == bundle["vkey"], "the line of keys does not end with the signing one")
    return line


def key_at(line, index):
    return read_key([vkey for start, vkey, _ in line if start <= index][-1])


def root_of(leaves):
    """RFC 6962, section 2.1, over hashes that stand one after the other: a level at a time, each two
    become one, and one that is left over goes up as it is."""
    if not leaves:
        return sha256(b"")
    while len(leaves) > HASH:
        paired = len(leaves) // (2 * HASH) * (2 * HASH)
        above = [sha256(b"\x01" + leaves[at : at + 2 * HASH]) for at in range(0, paired, 2 * HASH)]
        leaves = b"".join(above) + leaves[paired:]
    return leaves


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


def verify_place(entry, size, root):
    raw, index, proof = unbase64(entry["envelope"]), entry["index"], map(unbase64, entry["proof"])
    check(0 <= index < size, "an entry is outside the log")
    check(root_by_proof(sha256(b"\x00" + raw), index, size, proof) == root, f"entry {index} is not in the log")
    return raw


def verify_entry(entry, bundle, size, root, line):
    raw = verify_place(entry, size, root)
    envelope = json.loads(raw)
    check(canonical(envelope) == raw, "an envelope is not canonical")
    _, _, key = key_at(line, entry["index"])
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


def verify_earlier(path, line, leaves):
    """Whoever kept an earlier bundle sees whether the log of then was rewritten since."""
    earlier = json.loads(Path(path).read_text(encoding="utf-8"))
    size, root = read_checkpoint(earlier["checkpoint"], line)
    check(HASH * size <= len(leaves), "the log is shorter than it was")
    check(root_of(leaves[: HASH * size]) == root, "the log does not continue what it was")
    return size


def main(path, trusted=None, earlier=None):
    bundle = json.loads(Path(path).read_text(encoding="utf-8"))
    check(bundle["format"] == "veilig-evidence-bundle-1", "another format")
    line = read_line(bundle)
    known = [sha256(read_key(vkey)[2]).hex() for _, vkey, _ in line]
    check(trusted is None or trusted in known, "signed by a key you do not trust")
    size, root = read_checkpoint(bundle["checkpoint"], line)
    for given in bundle.get("successions", []):
        verify_place(given, size, root)
    if "leaves" in bundle:
        leaves = unbase64(bundle["leaves"])
        check(len(leaves) == HASH * size, "there are not as many leaves as entries")
        check(root_of(leaves) == root, "the leaves do not give the root")
    if earlier is not None:
        check("leaves" in bundle, "without all leaves nothing can be said of earlier ones")
        print(f"The first {verify_earlier(earlier, line, leaves)} entries are those of then.")
    measured = {}
    for entry in bundle["entries"]:
        claim, predicate, sentence = verify_entry(entry, bundle, size, root, line)
        measured[entry["index"]] = (claim, predicate)
        print(f"{predicate['outcome']:<10} {predicate['ended']}  {claim}: {sentence['en']}")
    for given in bundle.get("customers", []):
        part = verify_customer(given, measured)
        print(f"for {part['customer']}: {part['claim']} {json.dumps(part['findings'])}")
    for (_, _, when), own, before in zip(line[1:], known[1:], known):
        print(f"{when}: key {own} took over from {before}")
    name = read_key(bundle["vkey"])[0]
    print(f"All {len(bundle['entries'])} entries hold. Log {name}, {size} entries, key {known[-1]}")


if __name__ == "__main__":
    try:
        words = sys.argv[1:]
        before = words.index("--earlier") if "--earlier" in words else len(words)
        main(*words[:before], **{"earlier": words[before + 1] for _ in words[before:][:1]})
    except Refused as refused:
        sys.exit(f"REFUSED: {refused}")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        sys.exit(f"REFUSED: not as the format says: {error!r}")
