# SPDX-License-Identifier: Apache-2.0
"""Crash states: what the disk may hold when the power goes at any moment of a recorded run.

At each operation the disk has everything up to the last sync, and of what was written since any
subset of pages; the page being written may be torn between sectors of 512 bytes. A meta page is
smaller than a sector: there or not. The checkpoint is a renamed file: the old or the new one.
"""

import random
import struct

from base import Result, Story, copy_ledger, problems

SECTOR = 512


def record(setting, folder, commits, *flags):
    """Runs a writer under the recorder; the operations, and the ledger as it was before."""
    ledger = setting.create(folder)
    before = copy_ledger(ledger, folder / "before")
    log = folder / "log"
    done = setting.run(
        "append", ledger, "--writer", "A", "--count", commits, *flags, LOG=log, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"the recorded run failed: {done.stdout}{done.stderr}")
    return before, list(operations(log.read_bytes()))


def operations(data):
    at = 0
    while at < len(data):
        kind, offset, length = struct.unpack_from("<cQQ", data, at)
        at += 17
        yield kind.decode(), offset, data[at : at + length]
        at += length


def apply(image, offset, data):
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset : offset + len(data)] = data


class Disk:
    """The disk and what is on its way to it."""

    def __init__(self, data, checkpoint):
        self.synced = bytearray(data)
        self.pending = []
        self.checkpoints = [checkpoint]
        self.written = None
        self.story = Story()

    def take(self, kind, offset, data):
        if kind == "W":
            self.pending.append((offset, data))
        elif kind == "M":
            # Its descriptor syncs it, and nothing else.
            apply(self.synced, offset, data)
        elif kind == "S":
            for page in self.pending:
                apply(self.synced, *page)
            self.pending = []
        elif kind == "N":
            self.written = b""
        elif kind == "n":
            self.written = None
        elif kind == "C":
            # Renamed before it was synced, a file may be empty after a crash.
            self.checkpoints.append(data if self.written is None else self.written)
        elif kind == "D":
            self.checkpoints = self.checkpoints[-1:]
        elif kind in "TA":
            self.story.hear(data.decode())

    def state(self, chance, kind, offset, data):
        """The data file and checkpoint after a crash during an operation, before it is whole."""
        image = bytearray(self.synced)
        for page in self.pending:
            if chance.random() < 0.5:
                apply(image, *page)
        if kind == "W":
            cut = SECTOR * chance.randrange(0, len(data) // SECTOR + 1)
            apply(image, offset, data[:cut])
        elif kind == "M" and chance.random() < 0.5:
            apply(image, offset, data)
        return image, chance.choice(self.checkpoints)


def sweep(setting, name, commits, states, *flags):
    """Builds that many states and checks each; the problems of the bad ones, by operation."""
    folder = setting.folder(name)
    before, recorded = record(setting, folder, commits, *flags)
    data = (before / "db/1/data.mdb").read_bytes()
    disk = Disk(data, (before / "checkpoint").read_bytes())
    chance = random.Random(setting.seed)
    each, rest = divmod(states, len(recorded) + 1)
    extra = set(chance.sample(range(len(recorded) + 1), rest))
    place = folder / "state"
    copy_ledger(before, place)
    bad = []
    count = 0
    # One more than there are operations: the power also goes after the last one.
    for index, operation in enumerate(recorded + [("", 0, b"")]):
        for _ in range(each + (index in extra)):
            image, checkpoint = disk.state(chance, *operation)
            write_state(place, image, checkpoint)
            found = problems(setting.checker.check(place), disk.story)
            count += 1
            if found:
                bad.append((f"operation {index} ({operation[0]})", found))
        if operation[0]:
            disk.take(*operation)
    kinds = {kind: sum(1 for each in recorded if each[0] == kind) for kind in "WMSCA"}
    return count, bad, kinds


def write_state(place, image, checkpoint):
    for path, content in ((place / "db/1/data.mdb", image), (place / "checkpoint", checkpoint)):
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_bytes(content)
    (place / "db/1/lock.mdb").unlink(missing_ok=True)


def run(setting):
    states = 10_000 if setting.is_long else 400
    count, bad, kinds = sweep(setting, "sweep", 48 if setting.is_long else 12, states)
    words = "{W} pages, {M} meta pages, {S} syncs, {C} checkpoints, {A} acknowledgements"
    words = words.format(**kinds)
    found = [f"{where}: {what[0]}" for where, what in bad]
    if kinds["W"] == 0 or kinds["S"] == 0 or kinds["A"] == 0:
        found.append("nothing was recorded")
    yield Result("crash states", count, "states", found, words)
    states = 400 if setting.is_long else 40
    count, bad, _ = sweep(setting, "control", 12, states, "--no-sync")
    found = [] if bad else ["no state of a run without syncing was bad: the sweep sees nothing"]
    yield Result(
        "the same without syncing, which must fail", count, "states", found,
        f"{len(bad)} lost events or could not be read")
