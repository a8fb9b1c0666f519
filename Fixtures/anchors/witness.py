#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A witness by c2sp.org/tlog-witness, written from the specification alone, for tests.

Usage: witness.py STATE ORIGIN VKEY [MODE]. Listens on a free port of 127.0.0.1 and writes it to
STATE/port; keeps its key in STATE/key, its vkey in STATE/vkey and what it has seen in STATE/seen,
replaced and synced before it answers. Several VKEYs may be given, separated by commas.

MODE: honest, or a way to misbehave:
  garbage         answers 200 with what is no signature line
  other-key       cosigns with another key under its own name
  other-note      cosigns another checkpoint
  other-name      cosigns as somebody else, properly
  none            answers 200 with nothing
  loops           answers 409 with another size each time
  ahead           answers 409 with a size that nobody has
  stuck           answers 409 with the size it was told
  unsized         answers 409 without a size
  endless         answers without end
  silent          never answers
  torn            closes in the middle of its answer
"""
import base64, hashlib, http.server, os, struct, sys, time
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

STATE, ORIGIN, VKEYS = sys.argv[1:4]
MODE = sys.argv[4] if len(sys.argv) > 4 else "honest"
NAME = "witness.example/w1"


def sha(data):
    return hashlib.sha256(data).digest()


def node(left, right):
    return sha(b"\1" + left + right)


def put(name, data):
    path = os.path.join(STATE, name)
    with open(path + ".new", "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def key(name):
    path = os.path.join(STATE, name)
    if not os.path.exists(path):
        put(name, ed25519.Ed25519PrivateKey.generate().private_bytes_raw())
    with open(path, "rb") as file:
        return ed25519.Ed25519PrivateKey.from_private_bytes(file.read())


def key_id(name, secret):
    return sha(name.encode() + b"\n\x04" + secret.public_key().public_bytes_raw())[:4]


def line(name, secret, text, identity=None):
    now = int(time.time())
    message = b"cosignature/v1\ntime %d\n" % now + text
    blob = (identity or key_id(name, secret)) + struct.pack(">Q", now) + secret.sign(message)
    return ("\u2014 " + name + " " + base64.b64encode(blob).decode() + "\n").encode()


def log_keys():
    for vkey in VKEYS.split(","):
        name, identity, data = vkey.split("+", 2)
        yield name, bytes.fromhex(identity), base64.b64decode(data)[1:]


def signed(text, lines):
    """Whether one of the log's keys has signed; a line of a known key that fails spoils all."""
    good = False
    for entry in lines:
        dash, name, data = entry.split(" ")
        blob = base64.b64decode(data)
        for known, identity, public in log_keys():
            if dash == "\u2014" and name == known and blob[:4] == identity:
                try:
                    ed25519.Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text)
                    good = True
                except InvalidSignature:
                    return False
    return good


def consistent(a, b, root_a, root_b, path):
    """RFC 9162 section 2.1.4.2."""
    if a == 0:
        return not path
    if a == b:
        return not path and root_a == root_b
    if not path:
        return False
    path = list(path)
    if a & (a - 1) == 0:
        path.insert(0, root_a)
    fn, sn = a - 1, b - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == root_a and sr == root_b and sn == 0


class Witness(http.server.BaseHTTPRequestHandler):
    asked = 0

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(os.path.join(STATE, "requests"), "ab") as file:
            file.write(b"%s %d\n" % (body.split(b"\n")[0], len(body)))
        if self.path != "/add-checkpoint":
            return self.answer(404)
        try:
            head, note = body.split(b"\n\n", 1)
            first, *proof = head.decode().split("\n")
            word, old = first.split(" ")
            old = int(old)
            assert word == "old" and len(proof) <= 63
            proof = [base64.b64decode(each, validate=True) for each in proof]
            text, lines = note.rsplit(b"\n\n", 1)
            text += b"\n"
            origin, size, root = text.decode().split("\n")[:3]
            size, root = int(size), base64.b64decode(root, validate=True)
            lines = lines.decode().rstrip("\n").split("\n")
        except (ValueError, AssertionError):
            return self.answer(400)
        if self.misbehaves(old, size, text):
            return None
        if origin != ORIGIN:
            return self.answer(404)
        if not signed(text, lines):
            return self.answer(403)
        if old > size:
            return self.answer(400)
        seen, seen_root = 0, sha(b"")
        if os.path.exists(os.path.join(STATE, "seen")):
            with open(os.path.join(STATE, "seen")) as file:
                seen, seen_root = file.read().split()
                seen, seen_root = int(seen), base64.b64decode(seen_root)
        if old != seen or (old == size and root != seen_root):
            return self.answer(409, b"%d\n" % seen, "text/x.tlog.size")
        if not consistent(old, size, seen_root, root, proof):
            return self.answer(422)
        put("seen", b"%d %s\n" % (size, base64.b64encode(root)))
        return self.answer(200, line(NAME, key("key"), text))

    def misbehaves(self, old, size, text):
        Witness.asked += 1
        mine, other = key("key"), key("other")
        kind = "text/x.tlog.size"
        if MODE == "garbage":
            self.answer(200, b"all is well\n")
        elif MODE == "other-key":
            self.answer(200, line(NAME, other, text, key_id(NAME, mine)))
        elif MODE == "other-note":
            self.answer(200, line(NAME, mine, text.replace(b"\n", b"\n1", 1)))
        elif MODE == "other-name":
            self.answer(200, line("witness.example/w2", other, text))
        elif MODE == "none":
            self.answer(200)
        elif MODE == "loops":
            self.answer(409, b"%d\n" % (1 + Witness.asked % 2), kind)
        elif MODE == "ahead":
            self.answer(409, b"18446744073709551615\n", kind)
        elif MODE == "stuck":
            self.answer(409, b"%d\n" % old, kind)
        elif MODE == "unsized":
            self.answer(409, b"elsewhere\n", kind)
        elif MODE == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
        elif MODE == "silent":
            try:
                self.rfile.read(1)
            except OSError:
                pass
        elif MODE == "torn":
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Le")
        else:
            return False
        return True


def main():
    os.makedirs(STATE, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Witness)
    server.daemon_threads = True
    mine = key("key")
    data = b"\x04" + mine.public_key().public_bytes_raw()
    put("vkey", f"{NAME}+{key_id(NAME, mine).hex()}+{base64.b64encode(data).decode()}".encode())
    put("port", b"%d" % server.server_address[1])
    server.serve_forever()


main()
