// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Keys of the log as others see them: with Python's implementations of Ed25519 and RFC 8785, and with
/// the independent verifier.
@Suite struct KeyProcessTests {
  @Test func `both keys have signed a rotation, says somebody who shares nothing with us`() {
    let site = Site()
    site.write(
      """
      import base64, hashlib, json, sys
      import rfc8785
      from cryptography.hazmat.primitives.asymmetric import ed25519
      def public(vkey):
          name, identity, data = vkey.split("+", 2)
          data = base64.b64decode(data, validate=True)
          assert hashlib.sha256(name.encode() + b"\\n" + data).digest()[:4].hex() == identity
          return ed25519.Ed25519PublicKey.from_public_bytes(data[1:])
      events = [json.loads(line) for line in sys.stdin]
      keys = [events[0]["data"]["vkey"]]
      for event in events:
          if event["type"] == "ledger.key_rotated":
              data = event["data"]
              assert data["old"] == keys[-1] and data["size"] == event["position"]
              said = {name: data[name] for name in ("size", "root", "old", "new")}
              said |= {"jobledger": 1, "statement": "key-rotation",
                       "origin": events[0]["data"]["origin"]}
              for key, signature in ((data["old"], data["oldSignature"]), (data["new"], data["newSignature"])):
                  public(key).verify(base64.b64decode(signature, validate=True), rfc8785.dumps(said))
              keys.append(data["new"])
      print(len(keys))
      """, to: "check.py")
    let run = site.run(
      """
      jobledger key rotate --reason 'Yearly' >/dev/null 2>&1 && jobledger train m >/dev/null 2>&1 &&
      jobledger key rotate >/dev/null 2>&1 && jobledger events --json | "$PYTHON" check.py
      """)
    #expect(run.text == "3\n", "\(run.exit): \(run.text)\(run.words)")
    site.verify()
  }

  @Test func `a proof is verified elsewhere by the key of its size, and by no other`() {
    let site = Site()
    let run = site.run(
      """
      verify="$PYTHON $FIXTURES/../tools/verify"
      vkey() { jobledger key show --json | sed 's/.*"vkey":"\\([^"]*\\)".*/\\1/'; }
      old=$(vkey); jobledger replay prove '#1' --output before.tlog-proof >/dev/null || exit 1
      jobledger key rotate >/dev/null 2>&1; new=$(vkey)
      jobledger replay prove '#1' --output after.tlog-proof >/dev/null || exit 2
      for proof in before after; do for key in "$old" "$new"; do
        $verify $proof.tlog-proof --key "$key" >/dev/null 2>&1; echo $?
      done; done
      """)
    #expect(run.text == "0\n2\n2\n0\n", "\(run.exit): \(run.text)\(run.words)")
  }
}
