# SPDX-License-Identifier: Apache-2.0
"""Jobs that do what no job should. Usage: misbehave.py WAY; the manifest names them all.

Each says in its log when it is under way, so that whoever waits for that does not wait in vain.
"""
import ctypes
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

OUTPUT = Path(os.environ["JOBLEDGER_OUTPUT"])


def leave_model():
    (OUTPUT / "model.json").write_text("{}\n")


def under_way():
    print("under way", flush=True)


def wait_for_ever():
    under_way()
    while True:
        signal.pause()


# Ends that are none.

def crash():
    leave_model()
    print("reading address 0", flush=True)
    ctypes.string_at(0)


def exit_3():
    leave_model()
    print("ERROR no rows were left after cleaning")
    sys.exit(3)


def raise_error():
    leave_model()
    json.loads("{")


def lost_child():
    """A child is killed, nobody looks at how it ended, and the job ends as if all were well."""
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    child.kill()
    child.wait()
    print("ERROR a worker was killed")
    leave_model()


# Jobs that do not end.

def hang():
    wait_for_ever()


def deaf():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    wait_for_ever()


def frozen():
    under_way()
    os.kill(os.getpid(), signal.SIGSTOP)


def mute():
    """Goes on, and nobody can hear it: both of its streams are closed."""
    under_way()
    sys.stdout.close()
    os.close(2)
    while True:
        signal.pause()


# Floods.

def flood():
    for number in range(300_000):
        print("row", number)
    leave_model()


def endless_line():
    for _ in range(160):
        sys.stdout.write("x" * 100_000)
    leave_model()


def binary():
    sys.stdout.buffer.write(bytes(range(256)) * 4000)
    sys.stderr.buffer.write(b"\x1b[2J\xff\xfe\x00 not text at all")
    leave_model()


# What stays behind.

def fork():
    return os.fork() == 0


def daemon(holds_output):
    """The double fork: a session of its own, and no parent but the reaper."""
    reader, writer = os.pipe()
    if fork():
        os.setsid()
        if fork():
            if not holds_output:
                nowhere = os.open(os.devnull, os.O_RDWR)
                for number in (0, 1, 2):
                    os.dup2(nowhere, number)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.write(writer, b"!")
            os.close(writer)
            while True:
                signal.pause()
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
    leave_model()


def daemonise():
    daemon(holds_output=False)


def daemonise_loudly():
    daemon(holds_output=True)


def grandchild():
    """A child of a child, in the same group, which holds the output."""
    subprocess.run(["sh", "-c", "sleep 1000 &"], check=True)
    leave_model()


# Inputs that change while they are used.

def data():
    return Path(os.environ["JOBLEDGER_INPUT_DATA"])


def change_input():
    with open(data(), "a", encoding="utf-8") as file:
        file.write("4,0.9\n")
    leave_model()


def change_and_restore_input():
    before = data().read_bytes()
    data().write_text("id,x\n1,1\n")
    data().write_bytes(before)
    leave_model()


def remove_input():
    data().unlink()
    leave_model()


def change_folder():
    (data() / "part-3.csv").write_text("id,x\n9,9\n")
    leave_model()


# Outputs of every sort.

def link():
    leave_model()
    (OUTPUT / "latest").symlink_to("/etc/passwd")


def folder_link():
    os.rmdir(OUTPUT)
    OUTPUT.symlink_to("/etc")


def pipe():
    os.mkfifo(OUTPUT / "pipe")


def device():
    os.mknod(OUTPUT / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))


def sock():
    os.chdir(OUTPUT)
    socket.socket(socket.AF_UNIX).bind("socket")


def line_in_name():
    (OUTPUT / "two\nlines").write_text("x")


def no_text_in_name():
    Path(os.fsdecode(os.fsencode(OUTPUT) + b"/\xff\xfe")).write_text("x")


def deep_folders():
    folder = OUTPUT
    for _ in range(40):
        folder = folder / "d"
        folder.mkdir()
    (folder / "model.json").write_text("{}")


def odd_names():
    for name in ("-rf", "sp ace", "*", "$(touch oops)", "模型 é", "a'b\"c", "\u202egnp.exe"):
        (OUTPUT / name).write_text(name)


def no_folder():
    os.rmdir(OUTPUT)


def nothing():
    print("INFO wrote nothing")


# Metrics of every sort.

def metrics(words):
    Path(os.environ["JOBLEDGER_METRICS"]).write_text(words)


METRICS = {
    "no-json": "accuracy = 0.9",
    "half": '{"accuracy": 0.9',
    "nested": '{"accuracy": {"train": 0.9}}',
    "deep": "[" * 60_000,
    "list": "[0.9]",
    "words": '{"accuracy": "good"}',
    "twice": '{"accuracy": 0.9, "accuracy": 0.1}',
    "many": json.dumps({f"metric {number}": number for number in range(65)}),
    "large": '{"accuracy": 0.9' + " " * 70_000 + "}",
    "nan": '{"accuracy": NaN, "loss": Infinity, "gain": -Infinity}',
    "huge": '{"accuracy": 1e400}',
}

way = sys.argv[1]
if way == "evaluate":
    metrics(METRICS[json.loads(Path(os.environ["JOBLEDGER_PARAMETERS"]).read_text())["metrics"]])
elif way == "modest":
    leave_model()
else:
    globals()[way]()
