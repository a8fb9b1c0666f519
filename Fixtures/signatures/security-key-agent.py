#!/usr/bin/env python3
"""An ssh-agent that stands for one with a security key: security-key-agent.py KIND SOCKET PUBLIC-KEY-FILE

Makes a key of KIND (ed25519 or ecdsa), writes its public half, and signs for whoever asks on SOCKET, as
draft-ietf-sshm-ssh-agent says, until it is ended. Signatures have the form of OpenSSH's PROTOCOL.u2f. While a file
SOCKET.untouched exists, nobody has touched the key: flag 1 is missing from them.
"""
import base64
import hashlib
import os
import socket
import struct
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

kind, path, public = sys.argv[1:]
application = b"ssh:"
counter = 0


def string(data):
    return struct.pack(">I", len(data)) + data


def number(value):
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


if kind == "ed25519":
    name = b"sk-ssh-ed25519@openssh.com"
    key = ed25519.Ed25519PrivateKey.generate()
    raw, form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    blob = string(name) + string(key.public_key().public_bytes(raw, form)) + string(application)
else:
    name = b"sk-ecdsa-sha2-nistp256@openssh.com"
    key = ec.generate_private_key(ec.SECP256R1())
    raw, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    point = key.public_key().public_bytes(raw, form)
    blob = string(name) + string(b"nistp256") + string(point) + string(application)


def sign(data):
    global counter
    counter += 1
    rest = bytes([0 if os.path.exists(path + ".untouched") else 1]) + struct.pack(">I", counter)
    message = hashlib.sha256(application).digest() + rest + hashlib.sha256(data).digest()
    if kind == "ed25519":
        return string(name) + string(key.sign(message)) + rest
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return string(name) + string(number(r) + number(s)) + rest


def take(data):
    size = struct.unpack(">I", data[:4])[0]
    return data[4 : 4 + size], data[4 + size :]


def answer(request):
    if request[0] == 11:  # SSH_AGENTC_REQUEST_IDENTITIES
        return b"\x0c" + struct.pack(">I", 1) + string(blob) + string(b"security key")
    if request[0] == 13:  # SSH_AGENTC_SIGN_REQUEST
        wanted, rest = take(request[1:])
        if wanted == blob:
            return b"\x0e" + string(sign(take(rest)[0]))
    return b"\x05"  # SSH_AGENT_FAILURE


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            return None
        data += more
    return data


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
with open(public + ".new", "w") as file:
    file.write(f"{name.decode()} {base64.b64encode(blob).decode()} security key\n")
# Whoever sees the file may ask.
os.rename(public + ".new", public)
while True:
    connection, _ = listener.accept()
    with connection:
        while (head := receive(connection, 4)) is not None:
            request = receive(connection, struct.unpack(">I", head)[0])
            if not request:
                break
            connection.sendall(string(answer(request)))
