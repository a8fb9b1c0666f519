# SPDX-License-Identifier: Apache-2.0
# maker — a small ledger, and what it gives away, made from the formats with none of the verifier's functions.
# Canonical JSON is the PyPI package rfc8785; tree and proofs follow the recursive definitions of RFC 6962 §2.1.
import base64
import hashlib
import json
import os
import struct

import rfc8785
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

ORIGIN = "test.example/verifier"
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def b64(data):
    return base64.b64encode(data).decode()


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def h(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def k_of(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    if len(leaves) < 2:
        return h(b"\0", leaves[0]) if leaves else h()
    k = k_of(len(leaves))
    return h(b"\1", mth(leaves[:k]), mth(leaves[k:]))


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = k_of(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [mth(leaves[k:])]
    return path(m - k, leaves[k:]) + [mth(leaves[:k])]


def subproof(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = k_of(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [mth(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [mth(leaves[:k])]


class Signer:
    def __init__(self, seed, name=ORIGIN):
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(h(seed.encode()))
        self.public, self.name = self.key.public_key().public_bytes(*RAW), name
        self.id = h(name.encode(), b"\n\1", self.public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([1]) + self.public)}"
        self.fingerprint = "SHA256:" + b64(h(self.public)).rstrip("=")

    def note(self, text):
        return text + f"\n\u2014 {self.name} {b64(self.id + self.key.sign(text.encode()))}\n"


def strings(*parts):
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def mpint(number):
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


class SSHKey:
    """An SSH key of one of the four kinds; a security key is one that signs what PROTOCOL.u2f says."""

    def __init__(self, kind, seed, touched=True):
        self.kind, self.hardware, self.touched = kind.encode(), kind.startswith("sk-"), touched
        if "ecdsa" in kind:
            self.key = ec.derive_private_key(int.from_bytes(h(seed.encode()), "big") >> 2, ec.SECP256R1())
            point = self.key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
            parts = [b"nistp256", point]
        else:
            self.key = ed25519.Ed25519PrivateKey.from_private_bytes(h(seed.encode()))
            parts = [self.key.public_key().public_bytes(*RAW)]
        self.blob = strings(self.kind, *parts, *([b"ssh:"] if self.hardware else []))
        self.fingerprint = "SHA256:" + b64(h(self.blob)).rstrip("=")

    def sign(self, message, namespace=b"jobledger"):
        head = [namespace, b"", b"sha512"]
        signed = b"SSHSIG" + strings(*head, hashlib.sha512(message).digest())
        tail = bytes([1 if self.touched else 0]) + struct.pack(">I", 7) if self.hardware else b""
        if self.hardware:
            signed = h(b"ssh:") + tail + h(signed)
        if b"ecdsa" in self.kind:
            r, s = utils.decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
            raw = strings(mpint(r), mpint(s))
        else:
            raw = self.key.sign(signed)
        data = b"SSHSIG" + struct.pack(">I", 1) + strings(self.blob, *head, strings(self.kind, raw) + tail)
        text = b64(data)
        body = "\n".join(text[at:at + 70] for at in range(0, len(text), 70))
        return f"-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n"


KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")
FILES = [{"bytes": 12, "digest": "sha256:" + "1" * 64, "path": "model.bin"},
         {"bytes": 30, "digest": "sha256:" + "2" * 64, "path": "notes/é.txt"}]
LIST = "sha256:" + h(rfc8785.dumps(FILES)).hex()


class Ledger:
    """Events in full form, and their leaves."""

    def __init__(self, signer=None):
        self.signer, self.events, self.leaves, self.revisions = signer or Signer("log"), [], [], {}
        self.keys = [SSHKey(kind, kind) for kind in KINDS]

    def add(self, kind, data, words=None, project=None, actor="alice", auth="os", v=1, erased=False, **more):
        position = len(self.events)
        event = {"actor": {"auth": auth, "host": "gpu7", "id": actor, "os": {"login": actor, "uid": len(actor)}},
                 "data": data, "position": position, "type": kind, "v": v,
                 "time": f"2026-11-21T08:{position // 60:02}:{position % 60:02}.000000Z", **more}
        if project:
            event["project"] = project
        if "subject" in data and not kind.startswith("job.l"):
            subject = (project, data["subject"]["name"])
            event["revision"] = self.revisions[subject] = self.revisions.get(subject, -1) + 1
        if words is not None:
            salt = url64(h(b"salt", bytes([position % 256]))[:16])
            digest = url64(h(rfc8785.dumps([salt, words])))
            event["text"] = {"digest": digest, "erased": True} if erased else \
                {"digest": digest, "salt": salt, "values": words}
        self.push(event)
        return position

    def push(self, event):
        leaf = dict(event)
        if "text" in leaf:
            leaf["text"] = leaf["text"]["digest"]
        self.events.append(event)
        self.leaves.append(rfc8785.dumps(leaf))

    def about(self, kind, data, words=None, name="churn-lr", number=1, **more):
        subject = {"kind": "model", "name": name}
        return self.add(kind, {"number": number, "subject": subject, **data}, words, project="churn", **more)

    def decide(self, kind, verdict, meaning, key, data, reason, name="churn-lr", actor="bob", covers=None, **more):
        """A decision signed over what DESIGN §3 lists."""
        at = len(self.events)
        data = {"artifactsDigest": LIST, **data}
        salt = url64(h(b"salt", bytes([at % 256]))[:16])
        text = url64(h(rfc8785.dumps([salt, {"reason": reason}])))
        signed_at = f"2026-11-21T08:{at // 60:02}:{at % 60:02}.000000Z"
        said = {"jobledger": 1, "origin": ORIGIN, "project": "churn", "subject": {"kind": "model", "name": name},
                "number": 1, "verdict": verdict, "meaning": meaning, "text": text, "signedAt": signed_at,
                **{each: data[each] for each in covers or data if data[each] != []}}
        return self.about(kind, {**data, "signature": key.sign(rfc8785.dumps(said)), "signedAt": signed_at},
                          {"reason": reason}, name=name, actor=actor, auth="ssh", v=2, **more)

    def checkpoint(self, size=None):
        leaves = self.leaves[:size]
        return self.signer.note(f"{ORIGIN}\n{len(leaves)}\n{b64(mth(leaves))}\n")

    def proof(self, index, size=None, extra=True):
        event, lines = self.events[index], ["c2sp.org/tlog-proof@v1"]
        if extra:
            data = self.leaves[index] + b"\n"
            if "salt" in event.get("text", {}):
                data += rfc8785.dumps([event["text"]["salt"], event["text"]["values"]]) + b"\n"
            lines.append("extra " + b64(data))
        lines += [f"index {index}"] + [b64(each) for each in path(index, self.leaves[:size])]
        return "\n".join(lines) + "\n\n" + self.checkpoint(size)

    def consistency(self, old):
        return "".join(b64(each) + "\n" for each in subproof(old, self.leaves))

    def files(self, positions=None, lists=True):
        """The files of a bundle of the whole ledger, or of the events at these positions."""
        chosen = range(len(self.events)) if positions is None else positions
        files = {"checkpoint": self.checkpoint().encode(), "vkey": (self.signer.vkey + "\n").encode(),
                 "events.jsonl": b"".join(rfc8785.dumps(self.events[at]) + b"\n" for at in chosen),
                 "report.json": b"{}", "report.html": b"<p>", "README.txt": b"read me\n"}
        if lists:
            files["artifacts.json"] = rfc8785.dumps({LIST: FILES})
        if positions is None:
            files.update(self.tiles())
        else:
            files.update({f"proofs/{at}.tlog-proof": self.proof(at, extra=False).encode() for at in positions})
        return files

    def tiles(self):
        files, level = {}, 0
        name = lambda kind, n, width: f"tile/{kind}/{n:03}" + (f".p/{width}" if width < 256 else "")
        for at in range(0, len(self.leaves), 256):
            some = self.leaves[at:at + 256]
            files[name("entries", at // 256, len(some))] = b"".join(struct.pack(">H", len(e)) + e for e in some)
        while len(self.leaves) >> 8 * level:
            span = 256 ** level
            row = [mth(self.leaves[at:at + span]) for at in range(0, len(self.leaves) // span * span, span)]
            for at in range(0, len(row), 256):
                files[name(level, at // 256, len(row[at:at + 256]))] = b"".join(row[at:at + 256])
            level += 1
        return files


def sums(files, signer):
    text = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)
                   if not name.startswith("SHA256SUMS"))
    return {**files, "SHA256SUMS": text.encode(), "SHA256SUMS.note": signer.note(text).encode()}


def write(folder, files):
    for name, data in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    return folder


def life(log_lines=250):
    """A version's life with decisions signed by every kind of key, a second subject, log lines, an erasure."""
    ledger = Ledger()
    ledger.add("ledger.created", {"format": 1, "id": "0" * 32, "origin": ORIGIN, "tool": "t", "vkey": ledger.signer.vkey})
    ledger.add("member.granted", {"keyFingerprints": sorted(key.fingerprint for key in ledger.keys), "leastAuth": "ssh",
                                  "member": "bob", "roles": ["approver"]}, {"displayName": "Bob \u00e9\U0001f600\u20ac"})
    ledger.about("subject.registered", {}, number=1)
    ledger.about("subject.registered", {}, {"description": "another"}, name="other")
    ledger.about("job.created", {"kind": "training", "trigger": "manual"}, {"command": ["x"]}, job="train-000001")
    ledger.about("version.trained", {"artifacts": {"bytes": 42, "count": 2, "digest": LIST}}, job="train-000001")
    metrics = {"accuracy": 0.9561403508771931, "big": 1e21, "small": 1e-7, "n": 1e20, "z": 0, "m": -1.5}
    evaluated = ledger.about("version.evaluated", {"dataDigest": LIST, "metrics": metrics}, {"procedure": "\u20ac\n\x01"})
    evidence = {"dataDigests": [LIST], "evaluations": [evaluated], "metrics": metrics, "seen": 7, "shown": True}
    judged = {"evidence": evidence, "exceptions": []}
    ledger.decide("version.rejected", "rejected", "rejection", ledger.keys[2], judged, "not yet")
    approved = ledger.decide("version.approved", "approved", "approval", ledger.keys[0], judged, "good enough")
    deployed = ledger.decide("version.deployed", "deployed", "deployment", ledger.keys[1], {
        "decision": approved, "deployment": "deploy-000001", "engine": "batch", "target": "production"}, "go",
        covers=("artifactsDigest", "decision", "engine", "target"))
    for line in range(log_lines):
        ledger.add("job.logged", {"detector": 1, "level": "info", "line": line + 1, "stream": "stdout"},
                   {"message": f"epoch {line}"}, project="churn", job="train-000002", erased=line == 3)
    ledger.add("text.erased", {"basis": "secret", "ranges": [[deployed + 4, deployed + 4]]}, {"reason": "a password"})
    ledger.about("note.added", {"on": "x"}, {"note": "hm"}, name="other")
    ledger.decide("deployment.retired", "retired", "retirement", ledger.keys[3], {
        "deployment": "deploy-000001", "target": "production"}, "replaced")
    ledger.about("note.added", {"on": "x"}, {"note": "the end"})
    return ledger


def of_subject(ledger, name="churn-lr"):
    return [at for at, event in enumerate(ledger.events) if event["data"].get("subject", {}).get("name") == name]


def from_real(events, signer):
    """A ledger of the events that a real one exported, under a key of ours where its own cannot sign for us."""
    ledger = Ledger(signer)
    for line in events.splitlines():
        ledger.push(json.loads(line))
    return ledger
