# SPDX-License-Identifier: Apache-2.0
"""Backups under load, killed, refused by the disk; and copies by hand as their control."""

import os
import shutil
import signal
import subprocess
import time

from base import Failed, Result, Story, copy_ledger, problems
from kills import count_acks, wait_for
from mounts import Mount, why_not

LOAD = "backups beside three writers"
FULL = "a full disk under backup and restore"
# How much is acknowledged beside one backup. Without a bound the ledger would grow for as long as a
# backup takes, and that for as long as the ledger is.
BESIDE = 400
# What the two functions of the driver make, and from what.
TARGETS = {"backup": "backup.tar", "restore": "restored"}


def answer(done):
    """Size and root that a backup or restoration acknowledged, or None."""
    for line in done.stdout.splitlines():
        words = line.split()
        if words[:1] == ["ACK"]:
            return int(words[1]), words[2]
    return None


def leftovers(folder):
    return [name for name in os.listdir(folder) if ".new" in name or ".restoring" in name]


def restored(setting, file, target, expected):
    """What is wrong with a backup, seen by what is restored from it."""
    shutil.rmtree(target, ignore_errors=True)
    done = setting.run("restore", file, target)
    if answer(done) is None:
        return [f"it cannot be restored: {done.stdout}{done.stderr}"]
    if answer(done) != expected:
        return [f"what was restored is of {answer(done)}, not of {expected}"]
    return judged(setting, target, expected)


def judged(setting, ledger, expected):
    """What is wrong with a ledger that was restored from a backup of this size and root."""
    got = setting.checker.check(ledger)
    if "error" in got:
        return [got["error"]]
    # The event that says so came after the last of the backup.
    found = [] if got["size"] == expected[0] + 1 else [f"it has {got['size']} events"]
    return found + got["findings"]


def under_load(setting):
    """Backups beside three writers, and what a plain copy of the same data files is worth."""
    wanted = 100 if setting.is_long else 3
    found = []
    made = acked = torn = 0
    while made < wanted:
        folder = setting.folder("load")
        ledger = setting.create(folder)
        outputs = [folder / f"out-{number}" for number in range(3)]
        pause = folder / "pause"
        writers = [
            setting.start(output, "append", ledger, "--writer", f"B{number}", "--lines", 10,
                          "--deadline", 600, "--pause", pause)
            for number, output in enumerate(outputs)]
        wait_for(outputs, 6)
        # A new ledger now and then keeps the checks short.
        for _ in range(min(5, wanted - made)):
            before = count_acks(outputs)
            done = beside(setting, ledger, folder / "backup.tar", outputs, pause)
            made += 1
            if answer(done) is None:
                found.append(f"no backup: {done.stdout}{done.stderr}")
                continue
            if "unsigned" in done.stdout:
                found.append("a backup was not signed at its size")
            if count_acks(outputs) == before:
                wait_for(outputs, before + 1)
            copy_by_hand(ledger, folder / "by-hand", outputs)
            # What is looked at now is written already.
            for writer in writers:
                writer.send_signal(signal.SIGSTOP)
            found += restored(setting, folder / "backup.tar", folder / "restored", answer(done))
            got = setting.checker.check(folder / "by-hand")
            torn += "error" in got or bool(got["findings"])
            for writer in writers:
                writer.send_signal(signal.SIGCONT)
        for writer in writers:
            writer.kill()
            writer.wait()
        story = Story()
        for output in outputs:
            story.hear_file(output)
        found += problems(setting.checker.check(ledger), story)
        found += [f"left behind: {name}" for name in leftovers(folder)]
        if story.ends:
            found.append(f"writers ended by themselves: {story.ends[:3]}")
        acked += len(story.acked)
    yield Result(LOAD, made, "backups", found, f"{acked} events acknowledged meanwhile")
    yield Result(
        "the same ledgers copied by hand, as a control", made, "copies",
        [] if torn else ["not one was damaged: the harness shows nothing"], f"{torn} damaged")


def beside(setting, ledger, file, outputs, pause):
    """A backup while writers append, up to a bound; what it said."""
    said = ledger.parent / "backup-said"
    said.unlink(missing_ok=True)
    enough = count_acks(outputs) + BESIDE
    backup = setting.start(said, "backup", ledger, file, "--replace")
    while backup.poll() is None:
        if count_acks(outputs) >= enough:
            # They wait between two events, so that nobody holds the door.
            pause.touch()
        time.sleep(0.005)
    pause.unlink(missing_ok=True)
    return subprocess.CompletedProcess([], backup.returncode, said.read_text(), "")


def copy_by_hand(ledger, target, outputs):
    """Copies the running ledger's files: half of the data file is read, a few commits happen, and
    then the other half, as `cp` has it with a file of some size."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ledger, target, ignore=shutil.ignore_patterns("*.mdb", "*.new"))
    with open(ledger / "db/1/data.mdb", "rb") as source:
        half = os.fstat(source.fileno()).st_size // 8192 * 4096
        content = source.read(half)
        wait_for(outputs, count_acks(outputs) + 4)
        content += source.read()
    (target / "db/1/data.mdb").write_bytes(content)


def at_every_call(setting):
    """kill -9 before and after each call that changes or syncs a file, and each that fails."""
    folder = setting.folder("calls")
    ledger = setting.create(folder)
    setting.run("append", ledger, "--writer", "C", "--count", 4, "--lines", 30)
    whole = folder / "whole.tar"
    expected = answer(setting.run("backup", ledger, whole))
    if expected is None:
        raise Failed("no backup could be made")
    for what in TARGETS:
        yield from faults_in(setting, folder / what, what, ledger, whole, expected)


def faults_in(setting, folder, what, ledger, whole, expected):
    folder.mkdir()
    kills = failures = survived = 0
    found = []
    # The short form takes every so many, beginning elsewhere for each kind of fault.
    step = 1 if setting.is_long else 23
    for start, fault in enumerate(("before", "after", "EIO", "ENOSPC")):
        is_kill = fault in ("before", "after")
        last = number_of_calls(setting, folder, what, ledger, whole)
        numbers = set(range(1 + start * 5 if step > 1 else 1, last + 1, step))
        if is_kill:
            # Where it gets its name.
            numbers |= {last - 2, last - 1, last}
        for number in sorted(numbers):
            place, source, target = fresh(folder, what, ledger, whole)
            faults = (
                {"KILL_AT": number, "KILL_WHEN": fault} if is_kill
                else {"FAIL_AT": number, "FAIL_WITH": 5 if fault == "EIO" else 28})
            done = setting.run(what, source, target, root=place, **faults)
            where = f"{fault} at call {number} of {last} of a {what}"
            if is_kill:
                # Two threads write, and how often is not the same every time.
                if done.returncode == -signal.SIGKILL:
                    kills += 1
                elif done.returncode != 0 or number < last - 3:
                    found.append(f"{where}: it ended with {done.returncode}: {done.stdout}")
            else:
                failures += 1
                survived += done.returncode == 0
                if done.returncode not in (0, 74) or (
                        done.returncode and "\nERROR " not in done.stdout):
                    found.append(f"{where}: it ended with {done.returncode}: {done.stdout}")
                if leftovers(place):
                    found.append(f"{where}: it left {leftovers(place)}")
            if done.returncode == 0 and not target.exists():
                found.append(f"{where}: nothing was made, and nothing was said")
            # Whatever has the final name is whole, and where there is none, the next one makes it.
            if not target.exists():
                again = setting.run(what, source, target)
                if answer(again) is None:
                    found.append(f"{where}: the next one: {again.stdout}{again.stderr}")
                if leftovers(place):
                    found.append(f"{where}: {leftovers(place)} outlived the next one")
            if target.exists():
                check = restored(setting, target, place / "looked", expected) \
                    if what == "backup" else judged(setting, target, expected)
                found += [f"{where}: {problem}" for problem in check]
    if not kills or not failures or survived == failures:
        found.append(f"{kills} kills, {failures} errors, {survived} without effect: too few")
    yield Result(
        f"kill -9 and errors at every {'' if step == 1 else f'{step}rd '}call of a {what}",
        kills + failures, "faults", found,
        f"{kills} kills, {failures} errors of which {survived} did no harm")


def fresh(folder, what, ledger, whole):
    """A place of its own for one fault: where it is, from what, and to what."""
    place = folder / "place"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    source = copy_ledger(ledger, place / "ledger") if what == "backup" else whole
    return place, source, place / TARGETS[what]


def number_of_calls(setting, folder, what, ledger, whole):
    place, source, target = fresh(folder, what, ledger, whole)
    count = folder / "count"
    done = setting.run(what, source, target, root=place, COUNT=count)
    if answer(done) is None:
        raise Failed(f"{what} without faults: {done.stdout}{done.stderr}")
    return int(count.read_text())


def full_disk(setting):
    """Disks too small by a little and by much: a clear error and nothing left, or all of it."""
    why = why_not(setting)
    if why:
        yield Result.skipped(FULL, why)
        return
    folder = setting.folder("full")
    ledger = setting.create(folder)
    setting.run("append", ledger, "--writer", "F", "--count", 4, "--lines", 200)
    whole = folder / "whole.tar"
    expected = answer(setting.run("backup", ledger, whole))
    size = whole.stat().st_size
    found = []
    tried = refused = 0
    steps = 40 if setting.is_long else 4
    # To restore, 64 MiB have to be left besides.
    for what, source, least, times in (
            ("backup", ledger, 0, 3), ("restore", whole, 64 << 20, 4)):
        for number in range(steps):
            room = (least + size * times * (number + 1) // steps) // 4096 * 4096
            with Mount(folder / "disk", "-t", "tmpfs", "-o", f"size={room}", "tmpfs") as disk:
                target = disk.path / TARGETS[what]
                done = setting.run(what, source, target)
                tried += 1
                if answer(done) is None:
                    refused += 1
                    if done.returncode != 74 or "\nERROR " not in done.stdout:
                        found.append(f"{what}, {room} bytes: {done.stdout}{done.stderr}")
                    if os.listdir(disk.path):
                        found.append(f"{what}, {room} bytes: it left {os.listdir(disk.path)}")
                elif what == "backup":
                    found += restored(setting, target, folder / "restored", expected)
                else:
                    found += judged(setting, target, expected)
    if refused == 0 or refused == tried:
        found.append(f"{refused} of {tried} were refused: the disks were of the wrong size")
    yield Result(FULL, tried, "disks", found, f"{refused} too small")


def run(setting):
    yield from under_load(setting)
    yield from at_every_call(setting)
    yield from full_disk(setting)
