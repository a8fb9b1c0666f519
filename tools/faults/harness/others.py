# SPDX-License-Identifier: Apache-2.0
"""Others who get in the way: who deletes the lock file, who floods, who stops, who lies."""

import errno
import os
import signal
import subprocess

from base import Result, Story, copy_ledger, name_of, problems
from kills import count_acks, wait_for, wait_for_open


def harm_at_any_moment(setting, ledger, outputs, harm):
    """Two writers at work, and the lock file is unlinked or cut."""
    writers = [
        setting.start(output, "append", ledger, "--writer", output.name[-1]) for output in outputs]
    for output in outputs:
        wait_for([output], 3)
    if harm == "deleted":
        (ledger / "db/1/lock.mdb").unlink()
    else:
        os.truncate(ledger / "db/1/lock.mdb", 0)
    return writers


def harm_inside(setting, ledger, outputs, number):
    """One writer inside the door, another before it, and the lock file is overwritten.

    The one inside stands still meanwhile: whoever is just about to take LMDB's mutex in that file
    when garbage is written over it waits for ever, which no check before can prevent.
    """
    inside = setting.start(
        outputs[0], "append", ledger, "--writer", outputs[0].name[-1], STOP_AT=number)
    os.waitpid(inside.pid, os.WUNTRACED)
    before = setting.start(outputs[1], "append", ledger, "--writer", outputs[1].name[-1])
    wait_for_open(outputs[1])
    with open(ledger / "db/1/lock.mdb", "r+b") as file:
        file.write(os.urandom(os.fstat(file.fileno()).st_size))
    inside.send_signal(signal.SIGCONT)
    return [inside, before]


def lock_file(setting):
    """LMDB's lock file is deleted, cut or overwritten while two writers are at work."""
    rounds = 8 if setting.is_long else 1
    found = []
    ends = []
    count = 0
    for harm in ("deleted", "cut", "overwritten") * rounds:
        folder = setting.folder("lock")
        ledger = setting.create(folder)
        outputs = [folder / f"out-{name}" for name in "AB"]
        if harm == "overwritten":
            writers = harm_inside(setting, ledger, outputs, 1 + count % 6)
        else:
            writers = harm_at_any_moment(setting, ledger, outputs, harm)
        # A third one comes, as the next command would.
        third = folder / "out-C"
        latecomer = setting.start(third, "append", ledger, "--writer", "C", "--count", 4)
        for writer in writers + [latecomer]:
            try:
                writer.wait(timeout=120)
            except subprocess.TimeoutExpired:
                writer.kill()
                writer.wait()
                found.append(f"{harm}: a writer hung")
        ends += [
            f"{harm}: {name_of(-each.returncode) if each.returncode < 0 else 'an error'}"
            for each in writers]
        story = Story()
        for output in outputs + [third]:
            story.hear_file(output)
        # With everybody gone the next opener makes the file anew.
        after = setting.run("append", ledger, "--writer", "D", "--count", 4)
        story.hear(after.stdout)
        if after.returncode != 0:
            found.append(f"{harm}: afterwards the ledger cannot be written: {after.stdout}")
        found += [f"{harm}: {what}" for what in problems(setting.checker.check(ledger), story)]
        count += 1
    yield Result(
        "lock file deleted, cut or overwritten beside writers", count, "times", found,
        "ends: " + ", ".join(f"{each} ({ends.count(each)})" for each in sorted(set(ends))))


def flood(setting):
    """One writer floods the log; three others want one thing at a time."""
    each = 60 if setting.is_long else 12
    folder = setting.folder("flood")
    ledger = setting.create(folder)
    flooding = folder / "out-F"
    lines = 500
    flooder = setting.start(
        flooding, "append", ledger, "--writer", "F", "--flood", "--lines", lines)
    wait_for([flooding], 3)
    outputs = [folder / f"out-{name}" for name in "ABC"]
    writers = [
        setting.start(
            output, "append", ledger, "--writer", output.name[-1], "--count", each,
            "--deadline", 60)
        for output in outputs]
    statuses = [writer.wait() for writer in writers]
    batches = count_acks([flooding])
    flooder.kill()
    flooder.wait()
    story = Story()
    worst = total = 0
    for output in outputs:
        text = output.read_text()
        story.hear(text)
        tried = None
        for line in text.splitlines():
            words = line.split(" ")
            if words[0] == "TRY":
                tried = int(words[2])
            elif words[0] == "ACK":
                # Whole batches of the flooder that came between asking and being served.
                worst = max(worst, (int(words[2]) - tried) // lines)
                total += 1
    story.hear_file(flooding)
    found = [f"a writer ended with {status}" for status in statuses if status != 0]
    found += problems(setting.checker.check(ledger), story)
    if total != 3 * each:
        found.append(f"{total} of {3 * each} were served")
    if worst > 8:
        found.append(f"{worst} batches of the flooder came before a waiting writer")
    yield Result(
        "a flooding writer beside three others", total, "commits", found,
        f"{batches} batches of {lines} lines flooded; at most {worst} came before one who waited")


def stopped(setting):
    """A writer is stopped (SIGSTOP) at a call of its commit: others are told, and go on later."""
    found = []
    folder = setting.folder("stopped")
    base = setting.create(folder)
    calls = range(1, 9) if setting.is_long else (1, 4)
    for number in calls:
        ledger = copy_ledger(base, folder / "ledger-stopped")
        output = folder / f"out-{number}"
        writer = setting.start(
            output, "append", ledger, "--writer", "A", "--count", 4, STOP_AT=number)
        _, status = os.waitpid(writer.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            found.append(f"it did not stop at call {number}")
            writer.returncode = os.waitstatus_to_exitcode(status)
            continue
        where = f"beside a writer stopped at call {number}"
        other = setting.run("append", ledger, "--writer", "B", "--count", 1, "--deadline", 1)
        story = Story().hear(other.stdout)
        if other.returncode != 75 or story.ends != [("FAILED", "busy")]:
            found.append(f"{where}: {other.returncode} {other.stdout}")
        reading = setting.checker.check(ledger)
        found += [f"{where}: {what}" for what in problems(reading, Story().hear_file(output))]
        writer.send_signal(signal.SIGCONT)
        again = setting.run("append", ledger, "--writer", "B", "--count", 2, "--deadline", 60)
        story.hear(again.stdout)
        if again.returncode != 0 or writer.wait(timeout=120) != 0:
            found.append(f"{where}, after it went on: {again.stdout}")
        found += problems(setting.checker.check(ledger), story.hear_file(output))
    yield Result(
        "a writer stopped inside the door", len(calls), "times", found,
        "others were told after 1 s that it is busy, and wrote once it went on")


def false_failure(setting):
    """The meta page is written, and the writer is told that it was not."""
    rounds = 8 if setting.is_long else 2
    found = []
    landed = 0
    folder = setting.folder("lie")
    base = setting.create(folder)
    for number in range(1, rounds + 1):
        ledger = copy_ledger(base, folder / "ledger-lied-to")
        words = ("append", ledger, "--writer", "L", "--count", rounds + 1, "--commands-only")
        done = setting.run(*words, LIE_AT=number)
        story = Story().hear(done.stdout)
        if [verb for verb, _ in story.ends] != ["UNKNOWN"]:
            found.append(f"a lie about write {number} was told as {story.ends}")
        after = setting.run("append", ledger, "--writer", "M", "--count", 1)
        if ("FAILED", "poisoned") not in Story().hear(after.stdout).ends:
            found.append(f"somebody wrote after an unknown outcome: {after.stdout}")
        checked = setting.checker.check(ledger)
        checked["findings"] = [what for what in checked.get("findings", []) if "poison" not in what]
        found += problems(checked, story)
        repaired = setting.run("repair", ledger)
        if not repaired.stdout.startswith("REBUILT"):
            found.append(f"it was not repaired: {repaired.stdout}")
        again = setting.run(*words)
        story.hear(again.stdout)
        landed += story.repeated > number - 1
        if again.returncode != 0:
            found.append(f"after the repair: {again.stdout}")
        found += problems(setting.checker.check(ledger), story)
    yield Result(
        "a commit that is there and is reported as failed", rounds, "times", found,
        "the mark, the refusal of others, the repair, and the repetition checked")


def failing_calls(setting):
    """Every call of a few commits fails once, without being executed."""
    found = []
    told = []
    folder = setting.folder("failing")
    base = setting.create(folder)
    words = ("--writer", "E", "--count", 4)
    errors = (errno.EIO, errno.ENOSPC, errno.EDQUOT) if setting.is_long else (errno.EIO,)
    count = folder / "count"
    ledger = copy_ledger(base, folder / "ledger-failing")
    setting.run("append", ledger, *words, COUNT=count)
    calls = int(count.read_text())
    numbers = range(1, calls + 1) if setting.is_long else range(1, calls + 1, 3)
    for error in errors:
        for number in numbers:
            ledger = copy_ledger(base, ledger)
            done = setting.run("append", ledger, *words, FAIL_AT=number, FAIL_WITH=error)
            where = f"{errno.errorcode[error]} at call {number}"
            story = Story().hear(done.stdout)
            if done.returncode < 0:
                found.append(f"{where}: it ended by {name_of(-done.returncode)}")
            checked = setting.checker.check(ledger)
            poisoned = any("poison" in what for what in checked.get("findings", []))
            checked["findings"] = [
                what for what in checked.get("findings", []) if "poison" not in what]
            bad = problems(checked, story)
            if poisoned != ("UNKNOWN" in [verb for verb, _ in story.ends]):
                bad.append(f"the mark and the answer differ: {story.ends}")
            told.append(story.ends[0][0] if story.ends else "done all the same")
            if poisoned and not setting.run("repair", ledger).stdout.startswith("REBUILT"):
                bad.append("it was not repaired")
            # Repeated under their keys; the batch of lines has none, so another writer ends.
            again = setting.run("append", ledger, "--writer", "E", "--count", 3)
            bad += [] if again.returncode == 0 else [f"afterwards: {again.stdout}"]
            bad += problems(setting.checker.check(ledger), story.hear(again.stdout))
            found += [f"{where}: {what}" for what in bad]
    yield Result(
        "a call that fails, each in turn", len(told), "failures", found,
        ", ".join(f"{each.lower()} ({told.count(each)})" for each in sorted(set(told))))


def run(setting):
    yield from lock_file(setting)
    yield from flood(setting)
    yield from stopped(setting)
    yield from false_failure(setting)
    yield from failing_calls(setting)
