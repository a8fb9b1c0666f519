# SPDX-License-Identifier: Apache-2.0
"""Disks that are full or fail: they need root, for mounting a small file system of their own."""

import fcntl
import os
import pathlib
import random
import struct
import subprocess

from base import Failed, Result, Story, problems
from kills import count_acks, wait_for

FSYNC = "a failed fsync, then room again, then a remount"
FULL = "a full disk"
CUT = "power cut under two writers, then a remount"


class Mount:
    """Something mounted for as long as a `with` block lasts."""

    def __init__(self, path, *arguments):
        self.path = pathlib.Path(path)
        self.arguments = [str(argument) for argument in arguments]

    def __enter__(self):
        self.path.mkdir(exist_ok=True)
        self.mount()
        return self

    def __exit__(self, *_):
        if subprocess.run(["umount", str(self.path)], capture_output=True).returncode != 0:
            # After a failure somebody may still have a file open there.
            subprocess.run(["umount", "--lazy", str(self.path)], capture_output=True)

    def mount(self):
        command("mount", *self.arguments, self.path)

    def again(self):
        """Takes everything out of the cache and reads it from the disk again."""
        command("umount", self.path)
        self.mount()

    def resize(self, size):
        command("mount", "-o", f"remount,size={size}", self.path)

    def free(self):
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize


def command(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


def why_not(setting):
    """Why nothing can be mounted here, or None."""
    if os.geteuid() != 0:
        return "this needs root"
    try:
        with Mount(setting.folder("probe") / "tmpfs", "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
            return None
    except (Failed, OSError) as error:
        return str(error)


# MARK: A sync that fails

# The file system says that there is room; what backs it has none: a thin disk, an overfull host.


def fails_to_sync(setting, folder, body):
    """Writes a ledger until a commit fails, makes room below it, and leaves the rest to `body`."""
    with Mount(folder / "backing", "-t", "tmpfs", "-o", "size=40m", "tmpfs") as backing:
        image = backing.path / "image"
        image.touch()
        os.truncate(image, 512 << 20)
        command("mkfs.ext4", "-q", "-F", "-J", "size=4", image)
        with Mount(folder / "disk", "-o", "loop", image) as disk:
            ledger = setting.create(disk.path)
            output = folder / "out"
            story = Story()
            for number in range(40):
                with open(output, "wb"):
                    pass
                writer = setting.start(
                    output, "append", ledger, "--writer", f"E{number}", "--count", 60,
                    "--lines", 400)
                writer.wait(timeout=120)
                story.hear_file(output)
                if story.ends:
                    break
            if not story.ends:
                raise Failed("no commit failed on a full disk")
            backing.resize("400m")
            return body(ledger, disk, story)


def failed_sync(setting):
    why = why_not(setting)
    if why is None and not os.path.exists("/dev/loop-control"):
        why = "there are no loop devices"
    if why:
        yield Result.skipped(FSYNC, why)
        return
    found = []
    told = []
    try:
        for _ in range(3 if setting.is_long else 1):
            fails_to_sync(
                setting, setting.folder("sync"),
                lambda ledger, disk, story: recover(setting, ledger, disk, story, found, told))
    except Failed as error:
        yield Result.skipped(FSYNC, str(error))
        return
    note = "; ".join(sorted(set(told)))
    yield Result(FSYNC, len(told), "times", found, note)
    if setting.is_long:
        lost = []
        for _ in range(3):
            fails_to_sync(
                setting, setting.folder("sync-control"),
                lambda ledger, disk, story: go_on(setting, ledger, disk, story, lost))
        yield Result(
            "the same, going on as if nothing had happened", len(lost), "times", [],
            f"{sum(map(bool, lost))} lost acknowledged events")


def recover(setting, ledger, disk, story, found, told):
    """By the book: refused, examined, repaired, written, and read from the disk."""
    if not any(verb == "UNKNOWN" for verb, _ in story.ends):
        found.append(f"the failed commit was told as {story.ends}")
    refused = setting.run("append", ledger, "--writer", "R", "--count", 1)
    if ("FAILED", "poisoned") not in Story().hear(refused.stdout).ends:
        found.append(f"somebody wrote after a failed sync: {refused.stdout}")
    examined = setting.run("examine", ledger).stdout
    repaired = setting.run("repair", ledger)
    if not repaired.stdout.startswith("REBUILT"):
        found.append(f"it was not repaired: {repaired.stdout}")
    after = setting.run("append", ledger, "--writer", "T", "--count", 50)
    story.hear(after.stdout)
    if after.returncode != 0:
        found.append(f"after the repair: {after.stdout[-200:]}")
    disk.again()
    found += problems(setting.checker.check(ledger), story)
    damaged = " disk " in examined and "blocks on the disk" in examined
    told.append(
        "pages that never reached the disk were seen by reading past the cache" if damaged
        else "the disk held what the cache showed")


def go_on(setting, ledger, disk, story, lost):
    """What the mark prevents: the next process just goes on, and every sync succeeds."""
    setting.run("clear-mark", ledger)
    after = setting.run("append", ledger, "--writer", "T", "--count", 50)
    story.hear(after.stdout)
    disk.again()
    lost.append(problems(setting.checker.check(ledger), story))


# MARK: The power goes

# ext4 takes nothing more from one moment on, and what its journal has not is gone, as when the power
# goes: EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH.
SHUTDOWN = 0x8004587D
WITHOUT_THE_LOG = 2


def power_cut(setting):
    why = why_not(setting)
    if why is None and not os.path.exists("/dev/loop-control"):
        why = "there are no loop devices"
    if why:
        yield Result.skipped(CUT, why)
        return
    found = []
    try:
        count, acked = cut_again_and_again(setting, 200 if setting.is_long else 3, found)
    except Failed as error:
        yield Result.skipped(CUT, str(error))
        return
    yield Result(CUT, count, "cuts", found, f"{acked} events acknowledged")
    lost = []
    rounds = 5 if setting.is_long else 1
    for _ in range(rounds):
        cut_again_and_again(setting, 1, lost, "--no-sync")
    missed = [] if lost else ["nothing was lost without syncing: no power was cut"]
    yield Result(
        "the same without syncing, which must fail", rounds, "cuts", missed,
        f"{len(lost)} problems were found")


def cut_again_and_again(setting, cuts, found, *flags):
    """One disk and one ledger on it, which goes on after each cut; how many, and what was acked."""
    folder = setting.folder("power")
    chance = random.Random(setting.seed)
    image = folder / "image"
    image.touch()
    os.truncate(image, 256 << 20)
    command("mkfs.ext4", "-q", "-F", "-J", "size=4", image)
    with Mount(folder / "disk", "-o", "loop", image) as disk:
        ledger = setting.create(disk.path, *flags)
        os.sync()
        story = Story()
        for number in range(cuts):
            outputs = [folder / f"out-{number}-{name}" for name in "AB"]
            writers = [
                setting.start(output, "append", ledger, "--writer", output.name[4:], *flags)
                for output in outputs]
            wait_for(outputs, count_acks(outputs) + chance.randrange(2, 24))
            cut(disk.path)
            for writer in writers:
                try:
                    writer.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    found.append(f"cut {number}: a writer hung")
                    writer.kill()
                    writer.wait()
            for output in outputs:
                story.hear_file(output)
            disk.again()
            answer = setting.checker.check(ledger)
            poisoned = any("poison" in what for what in answer.get("findings", []))
            if poisoned:
                answer["findings"] = [what for what in answer["findings"] if "poison" not in what]
                setting.run("repair", ledger)
            bad = problems(answer, story)
            found += [f"cut {number}: {what}" for what in bad]
            if bad:
                break
    return number + 1, len(story.acked)


def cut(path):
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_THE_LOG))
    except OSError as error:
        raise Failed(f"the file system cannot be shut down: {error}") from error
    finally:
        os.close(folder)


# MARK: A disk that is full


def full_disk(setting):
    why = why_not(setting)
    if why:
        yield Result.skipped(FULL, why)
        return
    found = []
    outcomes = []
    for round in range(8 if setting.is_long else 2):
        folder = setting.folder("full")
        with Mount(folder / "small", "-t", "tmpfs", "-o", "size=96m", "tmpfs") as small:
            outcomes.append(fill(setting, small, sudden=round % 2 == 1, found=found))
    yield Result(
        FULL, len(outcomes), "times", found,
        "; ".join(f"{outcomes.count(each)} × {each}" for each in sorted(set(outcomes))))


def use_up(path):
    """Takes all the room that there is, faster than anybody looks for it."""
    with open(path, "wb", buffering=0) as filler:
        for size in (8 << 20, 1 << 20, 64 << 10, 4 << 10):
            while True:
                try:
                    os.posix_fallocate(filler.fileno(), filler.seek(0, os.SEEK_END), size)
                except OSError:
                    break


def fill(setting, small, sudden, found):
    """Fills the disk by writing the ledger, or suddenly by another file; then makes room."""
    ledger = setting.create(small.path)
    output = small.path.parent / "out"
    writer = setting.start(
        output, "append", ledger, "--writer", "N", "--flood", "--lines", 200)
    if sudden:
        wait_for([output], 3)
        use_up(small.path / "filler")
    writer.wait(timeout=300)
    story = Story().hear_file(output)
    end = story.ends[-1] if story.ends else ("", "")
    reading = setting.checker.check(ledger)
    poisoned = end[0] == "UNKNOWN"
    reading["findings"] = [
        what for what in reading.get("findings", []) if not (poisoned and "poison" in what)]
    found += problems(reading, story)
    if end != ("FAILED", "no-space") and not poisoned:
        found.append(f"a full disk was told as {story.ends}")
    small.resize("400m")
    if poisoned:
        repaired = setting.run("repair", ledger)
        if not repaired.stdout.startswith("REBUILT"):
            found.append(f"it was not repaired: {repaired.stdout}")
    after = setting.run("append", ledger, "--writer", "P", "--count", 8)
    story.hear(after.stdout)
    if after.returncode != 0:
        found.append(f"with room again: {after.stdout[-200:]}")
    found += problems(setting.checker.check(ledger), story)
    if poisoned:
        return "stopped by a failed commit and repaired"
    return "refused before the first write"


def run(setting):
    yield from power_cut(setting)
    yield from failed_sync(setting)
    yield from full_disk(setting)
