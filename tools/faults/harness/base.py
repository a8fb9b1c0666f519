# SPDX-License-Identifier: Apache-2.0
"""What every scenario uses: a scratch folder, the driver, the whole-ledger check, the verdict."""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent
# How long a check may take before it counts as hanging, in seconds.
PATIENCE = 180


class Failed(Exception):
    """A scenario that could not be run, as opposed to one that found something."""


class Setting:
    """Where things are, and how much is to be done."""

    def __init__(self, driver, recorder, scratch, is_long, seed):
        self.driver = str(driver)
        self.recorder = str(recorder)
        self.scratch = pathlib.Path(scratch)
        self.is_long = is_long
        self.seed = seed
        self.checker = Checker(self.driver)
        self.serial = 0
        self.started = []

    def folder(self, name):
        """A new folder below the scratch folder."""
        self.serial += 1
        path = self.scratch / f"{self.serial}-{name}"
        path.mkdir()
        return path

    def create(self, folder, *flags):
        """A new ledger with a running job."""
        path = folder / "ledger"
        done = self.run("create", path, *flags)
        if done.returncode != 0:
            raise Failed(f"create: {done.stdout}{done.stderr}")
        return path

    def environment(self, ledger=None, **faults):
        environment = dict(os.environ, SWIFT_BACKTRACE="enable=no")
        if faults:
            environment |= {f"FAULTS_{key}": str(value) for key, value in faults.items()}
            environment["FAULTS_ROOT"] = os.path.realpath(ledger)
            environment["LD_PRELOAD"] = self.recorder
        return environment

    def run(self, *words, timeout=120, root=None, **faults):
        """Runs the driver to its end, with faults for what lies below `root`, or else below the
        ledger that the second word names."""
        environment = (
            self.environment(root or words[1], **faults) if faults else self.environment())
        return subprocess.run(
            [self.driver, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=timeout, env=environment)

    def start(self, output, *words, **faults):
        """Starts the driver with its standard output in a file."""
        environment = self.environment(words[1], **faults) if faults else self.environment()
        with open(output, "ab") as file:
            process = subprocess.Popen(
                [self.driver, *map(str, words)], stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.DEVNULL, env=environment)
        self.started.append(process)
        return process

    def end(self):
        """Leaves no process behind, whatever happened."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.checker.close()


class Checker:
    """One process that checks ledger after ledger, and another when it dies of one."""

    def __init__(self, driver):
        self.driver = driver
        self.process = None
        self.checks = 0

    def check(self, path):
        self.checks += 1
        if self.process is None:
            self.process = subprocess.Popen(
                [self.driver, "check"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True,
                env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.process.kill()
            self.close()
            return {"error": f"reading it did not end within {PATIENCE} s", "hung": True}
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        status = self.process.wait()
        self.process = None
        return {"error": f"reading it ended by {name_of(-status) if status < 0 else status}"}

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


def name_of(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Story:
    """What writers said: what they tried, what was acknowledged where, and how they ended."""

    def __init__(self):
        self.tried = set()
        self.acked = {}
        self.repeated = 0
        self.ends = []

    def hear(self, text):
        # The last line of a writer that was killed may be cut; a cut ACK was none.
        for line in text.split("\n")[:-1]:
            words = line.split(" ")
            if words[0] == "TRY":
                self.tried |= set(expand(words[1]))
            elif words[0] in ("ACK", "DUP"):
                for offset, token in enumerate(expand(words[1])):
                    self.acked[token] = int(words[2]) + offset
                self.repeated += words[0] == "DUP"
            elif words[0] in ("FAILED", "UNKNOWN", "REFUSED"):
                self.ends.append((words[0], words[2]))
            elif words[0] == "ERROR":
                self.ends.append((words[0], words[1]))
        return self

    def hear_file(self, path):
        return self.hear(pathlib.Path(path).read_text())


def expand(token):
    """`wA-3*2` stands for the lines `wA-3.1` and `wA-3.2`."""
    name, star, count = token.partition("*")
    return [f"{name}.{line}" for line in range(1, int(count) + 1)] if star else [name]


def problems(answer, story):
    """What is wrong with a ledger, given what its writers said. Empty when nothing is."""
    if "error" in answer:
        return [answer["error"]]
    found = list(answer["findings"])
    tokens = answer["tokens"]
    for token, position in story.acked.items():
        if token not in tokens:
            found.append(f"{token} was acknowledged at #{position} and is gone")
        elif tokens[token] != position:
            found.append(f"{token} was acknowledged at #{position} and is at #{tokens[token]}")
    for token in tokens:
        if token not in story.tried:
            found.append(f"{token} was never tried")
    return found


class Result:
    """One line of the table."""

    def __init__(self, scenario, count, unit, found, note=""):
        self.scenario = scenario
        self.count = count
        self.unit = unit
        self.found = found
        self.note = note

    @classmethod
    def skipped(cls, scenario, why):
        return cls(scenario, 0, "", [], f"skipped: {why}")

    @property
    def is_skipped(self):
        return self.note.startswith("skipped")


def copy_ledger(source, target):
    """A copy with modes, without the lock file: as after a restart of the machine."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("lock.mdb"))
    return target


def scratch_folder():
    """In memory if possible: thousands of ledgers are written, and none needs to last."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.mkdtemp(prefix="jobledger-faults-", dir=base)
