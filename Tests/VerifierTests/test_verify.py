# SPDX-License-Identifier: Apache-2.0
# VerifierTests — tools/verify accepts what is sound, and finds every kind of change, without a traceback.
# Reads: tools/verify, Fixtures. Writes: its own temporary folders. Never: the network, a clock.
# Run: python3 -m unittest discover -s Tests/VerifierTests (jobledger on PATH adds real ledgers).
import base64
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import rfc8785

import maker

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "tools", "verify")
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("verify", PROGRAM)
verify = importlib.util.module_from_spec(importlib.util.spec_from_loader("verify", loader))
loader.exec_module(verify)


def run(*arguments):
    """The exit code and what is printed as JSON; an exception of the verifier is an error of the test."""
    out = io.StringIO()
    with mock.patch.object(sys, "argv", ["verify", "--json", *arguments]), contextlib.redirect_stdout(out):
        code = verify.main()
    return code, json.loads(out.getvalue())


class Bundles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ledger = maker.life()
        cls.small = maker.life(log_lines=5)
        cls.key = cls.ledger.signer.vkey

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, files, signed=True):
        folder = os.path.join(self.folder, "bundle")
        shutil.rmtree(folder, ignore_errors=True)
        return maker.write(folder, maker.sums(files, self.ledger.signer) if signed else files)

    def sound(self, *arguments):
        code, said = run(*arguments)
        self.assertEqual((code, said["findings"], said["verdict"]), (0, [], "verified"))
        return said

    def found(self, code, *arguments):
        exit, said = run(*arguments)
        self.assertEqual(exit, 2, said)
        self.assertIn(code, [finding["code"] for finding in said["findings"]], said["findings"])
        return said

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        return path

    # Sound ones

    def test_a_whole_ledger_verifies_by_vkey_and_by_fingerprint(self):
        folder = self.put(self.ledger.files())
        said = self.sound(folder, "--key", self.key)
        self.assertEqual(said["checked"]["events"], len(self.ledger.events))
        self.assertEqual(said["checked"]["signed decisions"], 4)
        self.assertEqual(said["checked"]["erased texts"], 1)
        self.sound(folder, "--key", self.ledger.signer.fingerprint)

    def test_every_size_of_a_ledger_verifies(self):
        for size in [1, 2, 3, 7, 8, 255, 256, 257]:
            ledger = maker.life()
            ledger.events, ledger.leaves = ledger.events[:size], ledger.leaves[:size]
            files = {name: data for name, data in ledger.files().items()}
            code, said = run(self.put(files), "--key", self.key)
            codes = {finding["code"] for finding in said["findings"]}
            self.assertLessEqual(codes, {"text-missing"}, f"size {size}")

    def test_a_subject_verifies_and_what_is_not_checked_is_said(self):
        said = self.sound(self.put(self.ledger.files(maker.of_subject(self.ledger))), "--key", self.key)
        self.assertEqual(said["checked"]["proofs"], 9)
        self.assertTrue(any("later events" in each for each in said["notChecked"]))
        self.assertTrue(any("granted to bob" in each for each in said["notChecked"]))

    def test_without_a_key_it_is_consistent_and_signed_by_an_unknown_key(self):
        for files in (self.small.files(), self.small.files(maker.of_subject(self.small))):
            code, said = run(self.put(files))
            self.assertEqual((code, said["findings"]), (2, []))
            self.assertEqual(said["verdict"], "consistent, signed by an unknown key")

    def test_proof_files_verify_at_every_size_and_index(self):
        ledger = maker.life(log_lines=3)
        for size in range(1, len(ledger.leaves) + 1):
            for index in range(size):
                self.sound(self.file("p", ledger.proof(index, size)), "--key", self.key)

    def test_a_kept_checkpoint_is_the_same_history_or_another(self):
        folder, size = self.put(self.ledger.files()), len(self.ledger.events)
        for kept in (1, 100, 256, size):
            self.sound(folder, "--key", self.key, "--checkpoint", self.file("kept", self.ledger.checkpoint(kept)))
        # Without a key it vouches for what it covers, and for no more.
        self.assertEqual(run(folder, "--checkpoint", self.file("kept", self.ledger.checkpoint()))[0], 0)
        self.assertEqual(run(folder, "--checkpoint", self.file("kept", self.ledger.checkpoint(100)))[0], 2)
        forged = maker.life()
        forged.leaves[5] += b" "
        self.found("inconsistent", folder, "--checkpoint", self.file("kept", forged.checkpoint(100)))
        self.found("bad-signature", folder, "--key", self.key, "--checkpoint",
                   self.file("kept", self.ledger.checkpoint(100).replace("\n100\n", "\n99\n")))

    def test_proofs_of_consistency_for_parts(self):
        ledger, size = self.small, len(self.small.leaves)
        part = ledger.files(maker.of_subject(ledger))
        for old in range(1, size):
            kept = self.file("kept", ledger.checkpoint(old))
            proof = ledger.consistency(old)
            said = self.sound(self.put({**part, f"consistency/{old}": proof.encode()}), "--key", self.key,
                              "--checkpoint", kept)
            self.assertEqual(said["checked"]["kept checkpoints"], 1)
            if proof:
                broken = self.file("consistency", "\n".join(proof.split("\n")[1:]))
                self.found("inconsistent", self.put(part), "--checkpoint", kept, "--consistency", broken)
        said = self.sound(self.put(part), "--key", self.key, "--checkpoint", kept)
        self.assertTrue(any("checkpoint that you keep" in each for each in said["notChecked"]))
        other = maker.Signer("log", "test.example/other").note(f"test.example/other\n1\n{maker.b64(b'0' * 32)}\n")
        self.found("other-ledger", self.put(part), "--checkpoint", self.file("kept", other))

    def test_claims_of_parts(self):
        noon, late = "2026-11-21T08:00:30.000000Z", "2026-11-21T09:00:00.000000Z"
        ledger = maker.life(log_lines=60)
        mine = maker.of_subject(ledger)
        part = self.put({f"{at}.tlog-proof": ledger.proof(at).encode() for at in mine}
                        | {"checkpoint": ledger.checkpoint().encode(), "vkey": ledger.signer.vkey.encode()}, signed=False)
        asked = (*verify.CLAIMS[:3], verify.CLAIMS[4], "in-production-at=" + noon)
        for claim in asked:
            said = self.sound(part, "--key", self.key, "--claim", claim, "--version", "churn/churn-lr@1")
            self.assertTrue(any(claim in each for each in said["remarks"]))
        self.found("claim", part, "--claim", "in-production-at=" + late, "--version", "churn-lr@1")
        self.found("claim", part, "--claim", "decider-not-maker", "--version", "churn-lr@2")
        for at, claim in ((mine[3], asked[0]), (mine[1], asked[2])):
            os.remove(os.path.join(part, f"{at}.tlog-proof"))
            code, said = run(part, "--claim", claim, "--version", "churn-lr@1")
            self.assertTrue({finding["code"] for finding in said["findings"]} & {"claim", "revision"})
        # What came last could have been followed by a retirement that is held back.
        held_back = {f"{at}.tlog-proof": ledger.proof(at).encode() for at in mine[:-2]}
        part = self.put({**held_back, "checkpoint": ledger.checkpoint().encode()}, signed=False)
        self.found("claim", part, "--claim", "in-production-at=" + late, "--version", "churn-lr@1")

    def test_a_maker_who_decides_is_found(self):
        ledger = maker.Ledger()
        ledger.about("job.created", {"kind": "training"}, job="train-1", actor="bob")
        ledger.about("version.trained", {"artifacts": {"bytes": 42, "count": 2, "digest": maker.LIST}}, job="train-1")
        ledger.about("version.approved", {"exceptions": [], "evidence": {"evaluations": []}}, {"reason": "x"}, actor="bob")
        for first in ("decider-not-maker", "evaluated-before-approval", "approved-before-deployment"):
            part = self.put({f"{at}.tlog-proof": ledger.proof(at).encode() for at in range(1, 3)}
                            | {"0.tlog-proof": ledger.proof(0).encode(), "checkpoint": ledger.checkpoint().encode()},
                            signed=False)
            exit, said = run(part, "--claim", first, "--version", "churn-lr@1")
            self.assertEqual(exit, 2)
            self.assertTrue(said["findings"])

    # Changes, by somebody who can sign the list of digests again, so that nothing but the change itself is to be found

    def test_every_kind_of_change_is_found(self):
        whole, part = self.ledger.files(), self.ledger.files(maker.of_subject(self.ledger))
        lines = whole["events.jsonl"].splitlines(keepends=True)

        def events(changed):
            return {**whole, "events.jsonl": b"".join(changed)}

        def other_root(note):  # which is base64 still
            lines = note.split(b"\n")
            lines[2] = (b"A" if lines[2][:1] != b"A" else b"B") + lines[2][1:]
            return b"\n".join(lines)

        def flip(files, name, at=40):
            data = bytearray(files[name])
            data[at] ^= 1
            return {**files, name: bytes(data)}

        word = [line.replace(b"good enough", b"good-enough") for line in lines]
        leaf = [line.replace(b'"trigger":"manual"', b'"trigger":"manuel"') for line in lines]
        proof = "proofs/6.tlog-proof"
        for code, files in [
            ("root", events(leaf)), ("text", events(word)), ("root", events(lines[:-1])), ("root", events(lines[1:])),
            ("position", events(lines[:9] + lines[10:])), ("position", events(lines[:5] + [lines[6], lines[5]] + lines[7:])),
            ("revision", events(lines[:5] + lines[6:])), ("position", events(lines[:5] + lines[4:])),
            ("tile", flip(whole, "tile/0/000")), ("tile", flip(whole, "tile/1/000.p/1", 3)),
            ("tile", flip(whole, "tile/entries/000")), ("tile", {**whole, "tile/0/002": b"x"}),
            ("tile", {name: data for name, data in whole.items() if name != "tile/0/000"}),
            ("tile", {**whole, "tile/0/000": whole["tile/0/000"][:-1]}),
            ("file", {**whole, "events.jsonl": whole["events.jsonl"][:-1]}),
            ("json", {**whole, "events.jsonl": whole["events.jsonl"][:-20]}),
            ("root", {**whole, "events.jsonl": b""}),
            ("proof", {**part, proof: self.ledger.proof(7, extra=False).encode()}),
            ("proof", {name: data for name, data in part.items() if name != proof}),
            ("proof", {**part, "events.jsonl": b""}),
            ("proof", {**part, "again.tlog-proof": part[proof]}),
            ("proof", {**part, proof: self.ledger.proof(6, 100, extra=False).encode()}),
            ("artifacts", {**whole, "artifacts.json": whole["artifacts.json"].replace(b'"bytes":12', b'"bytes":13')}),
            ("artifacts", {**whole, "artifacts.json": whole["artifacts.json"].replace(b"1111", b"1112", 1)}),
            ("form", {**whole, "artifacts.json": b"[[[["}), ("form", {**whole, "artifacts.json": b"\xff"}),
            ("form", {**whole, "artifacts.json": b"[" * 200_000}),
            ("json", {**whole, "artifacts.json": b'{"a":[],"a":[]}'}),
            ("bad-signature", {**whole, "checkpoint": other_root(whole["checkpoint"])}),
            ("wrong-key", {**whole, "checkpoint": maker.Signer("other").note(
                self.ledger.checkpoint().split("\n\n")[0] + "\n").encode()}),
            ("key", {**whole, "vkey": whole["vkey"][:-9] + b"AAAAAAA=\n"}),
        ]:
            with self.subTest(code):
                self.found(code, self.put(files), "--key", self.key)

    def test_every_line_that_is_no_canonical_event_is_found(self):
        whole = self.small.files()
        lines = whole["events.jsonl"].splitlines()
        evaluated = lines[6]
        for code, line in [
            ("not-canonical", evaluated.replace(b'"n":100000000000000000000', b'"n":1e20')),
            ("not-canonical", evaluated.replace(b'"z":0', b'"z":-0')),
            ("not-canonical", evaluated.replace(b'"z":0', b'"z":0.0')),
            ("not-canonical", evaluated.replace(b'"z":0', b'"z":0e5')),
            ("not-canonical", evaluated.replace(b"1e-7", b"1E-7")),
            ("not-canonical", evaluated.replace(b"1e-7", b"0.0000001")),
            ("not-canonical", evaluated.replace(b"-1.5", b"-1.50")),
            ("not-canonical", evaluated.replace(b"{", b"{ ", 1)),
            ("not-canonical", evaluated.replace("\u20ac".encode(), b"\\u20ac")),
            ("not-canonical", evaluated.replace(b"\\u0001", b"\\u001")), ("json", evaluated.replace(b'"z":0', b'"z":01')),
            ("json", evaluated.replace(b'"z":0', b'"z":NaN')), ("json", evaluated.replace(b'"z":0', b'"z":1e999')),
            ("json", evaluated.replace(b'"z":0', b'"z":' + b"9" * 5000)),
            ("json", evaluated.replace(b'"z":0', b'"z":0,"z":0')),
            ("json", evaluated.replace("\u20ac".encode(), b"\xff")),
            ("json", evaluated.replace("\u20ac".encode(), b"\\ud800")),
            ("json", evaluated.replace(b'"z":0', b'"z":' + b"[" * 100_000 + b"]" * 100_000)),
            ("json", b"[" * 1_000_000), ("json", b""), ("json", b"\0"), ("not-canonical", b"[]"), ("not-canonical", b"7"),
            ("event", b"{}"), ("event", rfc8785.dumps({**json.loads(evaluated), "data": {"x": "y" * 70_000}})),
            ("event", evaluated.replace(b'"v":1', b'"v":null')), ("event", evaluated.replace(b"2026-", b"2O26-")),
            ("event", evaluated.replace(b'"text":{', b'"text":{"a":1,')),
            ("form", evaluated.replace(b'"data":{', b'"cause":"7","data":{')),
            ("time", evaluated.replace(b"2026-", b"2025-")),
        ]:
            self.assertNotEqual(line, evaluated)
            with self.subTest(line[:300]):
                said = run(self.put({**whole, "events.jsonl": b"\n".join(lines[:6] + [line] + lines[7:] + [b""])}))
                self.assertEqual(said[0], 2)
                codes = [finding["code"] for finding in said[1]["findings"]]
                self.assertTrue(code in codes or code == "not-canonical" and "json" in codes, said[1]["findings"])

    def test_texts_that_vanish_are_found(self):
        for change in ("gone", "erased", "salt"):
            ledger = maker.life(log_lines=5)
            text = ledger.events[6]["text"]
            if change == "salt":
                text["salt"] = text["salt"][:-2]
            else:
                ledger.events[6]["text"] = {"digest": text["digest"], **({"erased": True} if change == "erased" else {})}
            self.found("text" if change == "salt" else "text-missing", self.put(ledger.files()))

    def test_lists_of_digests_with_tricks_are_found(self):
        whole = maker.sums(self.small.files(), self.small.signer)
        text = whole["SHA256SUMS"].decode()
        digest = text[:64]
        tricks = [text.replace(digest, "0" * 64, 1), text[65:], text + text.split("\n")[0] + "\n", text.upper()]
        tricks += [text + f"{digest}  {path}\n" for path in (
            "../secret", "/etc/passwd", "a/../../b", "./README.txt", "a//b", "\\README.txt", "absent", "a\0b", "tile")]
        for trick in tricks:
            with self.subTest(trick[-40:]):
                note = self.small.signer.note(trick).encode()
                self.found("sums", self.put({**whole, "SHA256SUMS": trick.encode(), "SHA256SUMS.note": note}, False))
        self.found("sums", self.put({**whole, "new": b""}, signed=False))
        self.found("sums", self.put({**whole, "SHA256SUMS.note": maker.Signer("x").note(text).encode()}, signed=False))
        unsigned = {name: data for name, data in whole.items() if name != "SHA256SUMS.note"}
        said = self.sound(self.put(unsigned, signed=False), "--key", self.key)
        self.assertTrue(any("SHA256SUMS is not signed" in each for each in said["notChecked"]))
        for name in ("SHA256SUMS", "events.jsonl", "checkpoint"):
            less = {each: data for each, data in whole.items() if each != name}
            self.assertEqual(run(self.put(less, signed=False), "--key", self.key)[0], 2)
            self.assertTrue(run(self.put(less, signed=False), "--key", self.key)[1]["findings"])
        for name in whole:
            if not name.startswith("report"):
                self.assertTrue(run(self.put({**whole, name: b"\xff\xfe\0"}, False))[1]["findings"], name)

    def test_links_and_special_files_are_found_and_not_followed(self):
        for make in (lambda path: os.symlink("/etc/hostname", path), os.mkfifo,
                     lambda path: os.symlink(self.folder, path), lambda path: os.symlink("nowhere", path)):
            folder = self.put(self.small.files())
            make(os.path.join(folder, "extra"))
            self.found("file", folder, "--key", self.key)
        outside = self.file("outside", self.small.files()["events.jsonl"])
        os.remove(os.path.join(folder, "events.jsonl"))
        os.symlink(outside, os.path.join(folder, "events.jsonl"))
        self.found("file", folder, "--key", self.key)
        with open(os.path.join(os.fsencode(folder), b"\xff\x1b[31m"), "wb"):
            pass
        self.found("sums", folder, "--key", self.key)

    # Signatures

    def test_signatures_of_every_kind_of_ssh_key(self):
        for kind in maker.KINDS:
            key = maker.SSHKey(kind, kind)
            armored = key.sign(b"message")
            self.assertEqual(verify.check_sshsig(armored, b"message"), key.fingerprint)
            untouched = maker.SSHKey(kind, kind, touched=False).sign(b"message")
            wrong = [(armored, b"massage"), (key.sign(b"message", b"file"), b"message"), (armored[:-40], b"message")]
            wrong += [(untouched, b"message")] if kind.startswith("sk-") else []
            data = base64.b64decode("".join(armored.split("\n")[1:-2]))
            for at in range(len(data)):
                text = base64.b64encode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]).decode()
                wrong.append((f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n", b"message"))
            for signature, message in wrong:
                with self.assertRaises(verify.Bad):
                    verify.check_sshsig(signature, message)

    def test_signatures_that_openssh_made(self):
        folder = os.path.join(ROOT, "Fixtures", "signatures")
        with open(os.path.join(folder, "message"), "rb") as file:
            message = file.read()
        for name in sorted(os.listdir(folder)):
            if name.endswith(".sig"):
                with open(os.path.join(folder, name), encoding="ascii") as file:
                    armored = file.read()
                if "untouched" in name:
                    self.assertRaises(verify.Bad, verify.check_sshsig, armored, message)
                else:
                    self.assertTrue(verify.check_sshsig(armored, message).startswith("SHA256:"))

    def test_a_decision_signed_by_a_key_that_was_not_granted_or_for_other_words(self):
        for change in ("key", "verdict", "revoked", "late"):
            ledger = maker.Ledger()
            ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": ledger.signer.vkey})
            prints = [key.fingerprint for key in ledger.keys[1 if change == "key" else 0:]]
            ledger.add("member.granted", {"keyFingerprints": prints, "member": "bob"})
            if change == "revoked":
                ledger.add("member.revoked", {"member": "bob"})
            ledger.decide("version.approved", "rejected" if change == "verdict" else "approved", "approval",
                          ledger.keys[0], {"evidence": {}, "exceptions": []}, "good")
            if change == "late":
                ledger.events[-1]["time"] = "2026-11-21T08:30:00.000000Z"
                leaf = {**ledger.events[-1], "text": ledger.events[-1]["text"]["digest"]}
                ledger.leaves[-1] = rfc8785.dumps(leaf)
            self.found("sshsig", self.put(ledger.files()), "--key", self.key)

    def test_a_grant_in_another_project_takes_no_key_away(self):
        for project in (None, "other"):
            ledger = maker.Ledger()
            ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": ledger.signer.vkey})
            ledger.add("member.granted", {"keyFingerprints": [ledger.keys[0].fingerprint], "member": "bob"})
            ledger.add("member.granted", {"keyFingerprints": [], "member": "bob"}, project=project)
            ledger.decide("version.approved", "approved", "approval", ledger.keys[0],
                          {"evidence": {}, "exceptions": []}, "good")
            check = self.sound if project else lambda *arguments: self.found("sshsig", *arguments)
            check(self.put(ledger.files()), "--key", self.key)

    def test_what_a_job_does_may_come_long_after_it_was_signed(self):
        for part in (False, True):
            ledger = maker.Ledger()
            ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": ledger.signer.vkey})
            ledger.add("member.granted", {"keyFingerprints": [ledger.keys[0].fingerprint], "member": "bob"})
            ledger.about("job.created", {"kind": "deployment"}, job="deploy-1", actor="bob")
            ledger.decide("version.deployed", "deployed", "deployment", ledger.keys[0], {
                "decision": 1, "deployment": "deploy-1", "engine": "batch", "target": "production"}, "go",
                covers=("artifactsDigest", "decision", "engine", "target"), job="deploy-1")
            ledger.events[-1]["time"] = "2026-11-21T08:30:00.000000Z"
            ledger.leaves[-1] = rfc8785.dumps({**ledger.events[-1], "text": ledger.events[-1]["text"]["digest"]})
            said = self.sound(self.put(ledger.files([0, 1, 3] if part else None)), "--key", self.key)
            self.assertEqual(part, any("when its job began" in each for each in said["notChecked"]))

    def test_a_moment_is_where_the_log_had_come_to_whatever_clocks_were_corrected(self):
        # Retired by a clock an hour ahead, which was then set right: at 08:30 it was no more in production.
        ledger = maker.Ledger()
        ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": ledger.signer.vkey})
        ledger.about("version.deployed", {"deployment": "deploy-1"})
        ledger.about("deployment.retired", {"deployment": "deploy-1"})
        ledger.add("ledger.clock_corrected", {"from": "2026-11-21T09:00:00.000000Z"})
        ledger.about("note.added", {"on": "x"})
        for at, time in ((2, "09:00:00"), (3, "08:20:00"), (4, "08:40:00")):
            ledger.events[at]["time"] = f"2026-11-21T{time}.000000Z"
            ledger.leaves[at] = rfc8785.dumps(ledger.events[at])
        claim = lambda time: ("--claim", f"in-production-at=2026-11-21T{time}.000000Z", "--version", "churn-lr@1")
        for files in (ledger.files([1, 2, 3, 4]), ledger.files([1, 2, 4]), ledger.files()):
            self.found("claim", self.put(files), *claim("08:30:00"))
        said = self.sound(self.put(ledger.files([1, 2, 3, 4])), "--key", self.key, *claim("08:10:00"))
        self.assertTrue(any("clock was corrected" in each for each in said["notChecked"]))

    def test_an_erasure_names_only_what_came_before_it(self):
        for late in (False, True):
            ledger = maker.Ledger()
            ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": ledger.signer.vkey})
            words = lambda: ledger.add("note.added", {"on": "x"}, {"note": "hm"}, erased=True)
            erase = lambda: ledger.add("text.erased", {"basis": "secret", "ranges": [[1, 2]]})
            for step in (erase, words) if late else (words, erase):
                step()
            files = self.put(ledger.files())
            self.found("text-missing", files) if late else self.sound(files, "--key", self.key)

    def test_a_rotated_key_is_followed_and_an_old_one_is_not_trusted_for_what_came_later(self):
        for forged in (False, True):
            ledger, old, new = maker.Ledger(), maker.Signer("log"), maker.Signer("new")
            ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": old.vkey})
            data = {"size": 1, "root": "sha256:" + maker.mth(ledger.leaves).hex(), "old": old.vkey, "new": new.vkey}
            said = rfc8785.dumps({"jobledger": 1, "statement": "key-rotation", "origin": maker.ORIGIN, **data})
            ledger.add("ledger.key_rotated", {
                **data, "newSignature": maker.b64(new.key.sign(said)),
                "oldSignature": maker.b64((new if forged else old).key.sign(said))}, {"reason": "yearly"})
            ledger.signer = self.__class__.ledger.signer if forged else new
            files = maker.sums(ledger.files(), ledger.signer)
            if forged:
                self.found("key", self.put(files, signed=False), "--key", old.vkey)
            else:
                self.sound(self.put(files, signed=False), "--key", old.vkey)
                ledger.signer = old
                self.found("wrong-key", self.put(ledger.files()), "--key", old.vkey)

    def test_each_of_the_keys_that_followed_each_other_is_known_by_its_fingerprint(self):
        ledger, signers = maker.Ledger(), [maker.Signer(name) for name in ("log", "second", "third")]
        ledger.add("ledger.created", {"origin": maker.ORIGIN, "vkey": signers[0].vkey})
        for old, new in zip(signers, signers[1:]):
            data = {"size": len(ledger.leaves), "root": "sha256:" + maker.mth(ledger.leaves).hex(),
                    "old": old.vkey, "new": new.vkey}
            said = rfc8785.dumps({"jobledger": 1, "statement": "key-rotation", "origin": maker.ORIGIN, **data})
            ledger.add("ledger.key_rotated", {**data, "newSignature": maker.b64(new.key.sign(said)),
                                              "oldSignature": maker.b64(old.key.sign(said))}, {"reason": "yearly"})
            ledger.signer = new
        folder = self.put(maker.sums(ledger.files(), ledger.signer), signed=False)
        for signer in signers:
            self.sound(folder, "--key", signer.vkey)
            self.sound(folder, "--key", signer.fingerprint)
        self.found("wrong-key", folder, "--key", maker.Signer("other").fingerprint)

    # Bytes

    def test_every_byte_of_a_proof_file(self):
        proof, random_bits = self.small.proof(6).encode(), random.Random(1)
        for at in range(len(proof)):
            changed = proof[:at] + bytes([proof[at] ^ 1 << random_bits.randrange(8)]) + proof[at + 1:]
            self.assertEqual(run(self.file("p", changed), "--key", self.key)[0], 2, at)
        for at in range(len(proof)):
            self.assertEqual(run(self.file("p", proof[:at]), "--key", self.key)[0], 2, at)

    def test_bytes_all_over_a_bundle(self):
        files, chance = maker.sums(self.small.files(), self.small.signer), random.Random(2)
        folder = self.put(files, signed=False)
        for name, data in files.items():
            path = os.path.join(folder, name)
            for at in sorted(chance.sample(range(len(data)), min(len(data), 25))):
                with open(path, "wb") as file:
                    file.write(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:])
                code, said = run(folder, "--key", self.key)
                self.assertTrue(code == 2 and said["findings"], (name, at))
            for cut in (0, len(data) // 2, len(data) - 1):
                with open(path, "wb") as file:
                    file.write(data[:cut])
                code, said = run(folder, "--key", self.key)
                self.assertTrue(code == 2 and said["findings"], (name, cut))
            with open(path, "wb") as file:
                file.write(data)
        self.sound(folder, "--key", self.key)

    # The standards' own examples

    def test_vectors_of_the_standards(self):
        entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        nodes = [verify.leaf_hash(bytes.fromhex(entry)) for entry in entries]
        self.assertEqual(verify.tree_root(nodes).hex(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
        self.assertEqual(verify.tree_root(nodes[:7]).hex(), "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")
        key = verify.Key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
        note = verify.Note("This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2"
                           "ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n".encode())
        self.assertTrue(note.by(key))

    def test_texts_that_are_no_checkpoint(self):
        root = maker.b64(b"0" * 32)
        for text in ("o\n007\n5\n" + root, "o\n+5\n" + root, "o\n05\n" + root, "o p\n5\n" + root, "o+p\n5\n" + root,
                     "\n5\n" + root, "o\n5\n" + root[:-4], "o\n5\n" + root.rstrip("="), "o\n-1\n" + root, "o\n5"):
            note = verify.Note(maker.Signer("log").note(text + "\n").encode())
            self.assertRaises((verify.Bad, ValueError), note.checkpoint)
        self.assertEqual(verify.Note(maker.Signer("log").note(f"o\n5\n{root}\n").encode()).checkpoint()[1][0], 5)

    def test_numbers_are_written_as_ecmascript_does(self):
        chance = random.Random(3)
        values = [0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e21, 1e20, 123456789012345680000.0, 1e-6, 1e-7, 0.1, -1.5, 1e23]
        values += [chance.uniform(-1, 1) * 10.0 ** chance.randrange(-300, 300) for _ in range(3000)]
        for value in values:
            self.assertEqual(verify.jcs(value), rfc8785.dumps(value))
        odd = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7, "\x7f\x1f\"\\/": 8}
        self.assertEqual(verify.jcs(odd), rfc8785.dumps(odd))

    def test_consistency_at_every_pair_of_sizes(self):
        leaves = [bytes([at]) for at in range(20)]
        roots = [maker.mth(leaves[:size]) for size in range(21)]
        for new in range(1, 21):
            for old in range(1, new):
                proof = maker.subproof(old, leaves[:new])
                self.assertTrue(verify.consistent((old, roots[old]), (new, roots[new]), proof))
                self.assertFalse(verify.consistent((old, roots[old - 1]), (new, roots[new]), proof))
                self.assertFalse(verify.consistent((old, roots[old]), (new, roots[new - 1]), proof))
                for wrong in (proof[:-1], proof[1:], proof + [roots[1]], [roots[0]] + proof[1:]):
                    self.assertEqual(verify.consistent((old, roots[old]), (new, roots[new]), wrong), wrong == proof)

    # The program as it is called

    def test_exit_codes(self):
        proof = self.file("p", self.small.proof(6))
        for code, arguments in [(0, [proof, "--key", self.key]), (2, [proof]), (64, []), (64, [proof, "--nonsense"]),
                                (64, [proof, "--claim", "x"]), (65, [proof, "--key", "x"]), (66, ["/nowhere"]),
                                (65, [proof, "--key", self.key.replace("+", "+0", 1)]), (2, ["/dev/null"]),
                                (2, [proof, "--key", maker.Signer("other").vkey]),
                                (2, [proof, "--key", maker.Signer("other").fingerprint])]:
            done = subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, code, (arguments, done))
            self.assertNotIn("Traceback", done.stderr)

    def test_what_is_no_claim_or_no_version_is_a_mistake_of_the_caller_and_no_finding(self):
        proof = self.file("p", self.small.proof(6))
        for claim, version in (("x", "churn-lr@1"), ("decider-not-maker=x", "churn-lr@1"), ("", "churn-lr@1"),
                               ("in-production-at", "churn-lr@1"), ("in-production-at=noon", "churn-lr@1"),
                               ("decider-not-maker", "churn-lr"), ("decider-not-maker", "churn-lr@0"),
                               ("decider-not-maker", ""), ("x", "x"), ("", "")):
            with self.assertRaises(SystemExit) as ended, contextlib.redirect_stderr(io.StringIO()):
                run(proof, "--claim", claim, "--version", version)
            self.assertEqual(ended.exception.code, 64, (claim, version))


class RealLedgers(unittest.TestCase):
    """What the programs themselves give away; the events of a real project, the checkpoint that the ledger signed."""

    @classmethod
    def setUpClass(cls):
        if not (shutil.which("jobledger") and shutil.which("jobledger-replay") and shutil.which("ssh-keygen")):
            raise unittest.SkipTest("jobledger, jobledger-replay or ssh-keygen is not on PATH")
        cls.folder = tempfile.mkdtemp()
        project = os.path.join(cls.folder, "p")
        shutil.copytree(os.path.join(ROOT, "Fixtures", "projects", "breast-cancer"), project)
        cls.project = project
        cls.call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "../key")
        with open(os.path.join(project, "policy.yaml"), "w", encoding="utf-8") as file:
            file.write("{claims: true, decisionAuth: claimed}")
        cls.call("jobledger", "init", "--origin", "test.example/real")
        cls.call("jobledger", "project", "add", ".")
        cls.call("jobledger", "policy", "set", "policy.yaml", "--reason", "a trial")
        cls.call("jobledger", "member", "grant", "bob", "--role", "approver", "operator", "--auth", "ssh", "--key",
                 "../key.pub")
        cls.call("jobledger", "train", "tumour-lr", "--set", "epochs=20")
        cls.call("jobledger", "evaluate", "tumour-lr@1")
        signed = ["--as", "bob", "--sign", "../key", "--reason", "gut \u00e9"]
        cls.call("jobledger", "approve", "tumour-lr@1", *signed)
        cls.call("jobledger", "deploy", "tumour-lr@1", "--target", "production", *signed)
        cls.call("jobledger", "retire", "deploy-", *signed)
        cls.call("jobledger", "reject", "tumour-lr@1", *signed)
        cls.events = cls.call("jobledger-replay", "export", "--format", "jsonl")
        cls.checkpoint = cls.call("jobledger", "checkpoint")
        cls.key = json.loads(cls.events.split("\n")[0])["data"]["vkey"]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def call(cls, *command):
        done = subprocess.run(command, cwd=cls.project, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{command}: {done.stderr}")
        return done.stdout

    def test_its_events_and_checkpoint_verify_as_a_whole(self):
        ledger = maker.from_real(self.events, maker.Signer("x"))
        files = {**ledger.files(lists=False), "checkpoint": self.checkpoint.encode(), "vkey": self.key.encode()}
        folder = maker.write(os.path.join(self.folder, "whole"), maker.sums(files, maker.Signer("x")))
        code, said = run(folder, "--key", self.key)
        # The note over the digests would need the ledger's own key.
        self.assertEqual([finding["code"] for finding in said["findings"]], ["sums"])
        self.assertEqual(said["checked"]["signed decisions"], 4)
        self.assertEqual(said["checked"]["events"], len(ledger.events))

    def test_its_proofs_verify_one_by_one_and_as_a_part_with_claims(self):
        folder = os.path.join(self.folder, "part")
        os.makedirs(folder)
        self.file = os.path.join(folder, "checkpoint")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(self.checkpoint)
        for line in self.events.splitlines():
            event = json.loads(line)
            if "subject" in event["data"]:
                path = os.path.join(folder, f"{event['position']}.tlog-proof")
                self.call("jobledger-replay", "prove", f"#{event['position']}", "--output", path)
                self.assertEqual(run(path, "--key", self.key)[0], 0)
        for claim in ("evaluated-before-approval", "approved-before-deployment", "retired-with-reason",
                      "decider-not-maker"):
            code, said = run(folder, "--key", self.key, "--claim", claim, "--version", "tumour-lr@1")
            self.assertEqual((code, said["findings"]), (0, []))


if __name__ == "__main__":
    unittest.main()
