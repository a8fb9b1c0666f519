# SPDX-License-Identifier: Apache-2.0
"""Erasures that are killed, kept waiting, and looked for in every byte of the ledger."""

import signal
import subprocess

from base import Failed, Result, copy_ledger

# What is logged and erased; no eight bytes of it stand anywhere else.
CANARY = "qZxCanaryVwk"


def traces(ledger, word=CANARY):
    """How many of the pieces of eight bytes of the word are in some file of the ledger."""
    pieces = [word[start:start + 8].encode() for start in range(len(word) - 7)]
    count = 0
    for path in ledger.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            count += sum(data.count(piece) for piece in pieces)
    return count


def archive(setting, folder):
    """A ledger with the canary in many lines, of many commits of several processes."""
    ledger = setting.create(folder)
    for first, count, lines in ((3, 1, 1), (7, 1, 60), (3, 9, 2)):
        done = setting.run(
            "append", ledger, "--writer", f"{CANARY}{first}{lines}", "--first", first,
            "--count", count, "--lines", lines, "--flood")
        if done.returncode != 0:
            raise Failed(f"append: {done.stdout}{done.stderr}")
    return ledger


def lines_left(answer):
    return [token for token in answer.get("tokens", {}) if CANARY in token]


def finish(setting, ledger, found, where):
    """Whoever comes next finishes it, and nothing is left anywhere."""
    done = setting.run("erase", ledger, "--word", CANARY)
    if done.returncode != 0:
        found.append(f"{where}: finishing ended with {done.returncode}: {done.stdout}")
    answer = setting.checker.check(ledger)
    for what in answer.get("findings", [answer.get("error")]):
        found.append(f"{where}, finished: {what}")
    if lines_left(answer):
        found.append(f"{where}, finished: lines are still there")
    if traces(ledger):
        found.append(f"{where}, finished: {traces(ledger)} traces are left")


def killed(setting):
    """kill -9 before and after each call of an erasure that changes or syncs a file."""
    folder = setting.folder("erasures")
    base = archive(setting, folder)
    lines = len(lines_left(setting.checker.check(base)))
    if lines < 60 or not traces(base):
        raise Failed(f"only {lines} lines to erase")
    found = []
    kills = owed = 0
    # The short form kills at every seventh call, first before it and then after.
    step = 1 if setting.is_long else 7
    for when in ("before", "after"):
        number = 1 if when == "before" else min(step, 4)
        while True:
            ledger = copy_ledger(base, folder / "ledger-at")
            done = setting.run(
                "erase", ledger, "--word", CANARY, KILL_AT=number, KILL_WHEN=when)
            if done.returncode == 0:
                break
            where = f"killed {when} call {number}"
            if done.returncode != -signal.SIGKILL:
                found.append(f"{where}: it ended with {done.returncode}: {done.stdout}")
            kills += 1
            answer = setting.checker.check(ledger)
            left = len(lines_left(answer))
            if left not in (0, lines):
                found.append(f"{where}: {left} of {lines} lines are left")
            if left and "\nACK " in done.stdout:
                found.append(f"{where}: an erasure that was acknowledged did not happen")
            unfinished = False
            for what in answer.get("findings", [answer.get("error")]):
                if str(what).startswith("erasure-unfinished"):
                    unfinished = True
                else:
                    found.append(f"{where}: {what}")
            owed += unfinished
            # Whatever is left is known of: nobody takes it for gone.
            if left == 0 and not unfinished and traces(ledger):
                found.append(f"{where}: traces are left that nobody owes")
            finish(setting, ledger, found, where)
            number += step
    yield Result("kill -9 at every call of an erasure" if step == 1 else
                 f"kill -9 at every {step}th call of an erasure", kills, "kills", found,
                 f"{owed} left owed, every one finished by the next")


def failing(setting):
    """Each call of an erasure that changes or syncs a file fails in turn; whoever comes next finishes
    it, after a repair where nobody knows what the disk holds."""
    folder = setting.folder("failures")
    base = archive(setting, folder)
    lines = len(lines_left(setting.checker.check(base)))
    found = []
    failures = poisoned = scrubs = 0
    step = 1 if setting.is_long else 9
    for start, (name, error) in enumerate((("EIO", 5), ("ENOSPC", 28))):
        count = folder / "count"
        setting.run("erase", copy_ledger(base, folder / "ledger-at"), "--word", CANARY, COUNT=count)
        for number in range(1 + start * 4 if step > 1 else 1, int(count.read_text()) + 1, step):
            ledger = copy_ledger(base, folder / "ledger-at")
            done = setting.run(
                "erase", ledger, "--word", CANARY, FAIL_AT=number, FAIL_WITH=error)
            where = f"{name} at call {number}"
            failures += 1
            if done.returncode not in (0, 70, 74):
                found.append(f"{where}: it ended with {done.returncode}: {done.stdout}")
            scrubs += "\nSCRUB failed " in done.stdout
            answer = setting.checker.check(ledger)
            left = len(lines_left(answer))
            if left not in (0, lines) or (left and "\nACK " in done.stdout):
                found.append(f"{where}: {left} of {lines} lines are left")
            kinds = {str(what).split(":")[0] for what in answer.get("findings", ["error"])}
            if not kinds <= {"erasure-unfinished", "poisoned"}:
                found.append(f"{where}: {answer}")
            if done.returncode == 0 and kinds:
                found.append(f"{where}: nothing was said, and there is {kinds}")
            if left == 0 and not kinds and traces(ledger):
                found.append(f"{where}: traces are left that nobody owes")
            if "poisoned" in kinds:
                poisoned += 1
                repaired = setting.run("repair", ledger)
                if repaired.returncode != 0:
                    found.append(f"{where}: the repair: {repaired.stdout}{repaired.stderr}")
            finish(setting, ledger, found, where)
    if not scrubs or not poisoned:
        found.append(f"{scrubs} scrubs failed, {poisoned} ledgers were poisoned: too few")
    yield Result(
        f"errors at every {'' if step == 1 else f'{step}th '}call of an erasure", failures,
        "failures", found, f"{scrubs} in the middle of its scrub, {poisoned} repaired first")


def waiting(setting):
    """An older reader stays: the erasure is recorded, the rest waits, and is finished later."""
    folder = setting.folder("readers")
    base = archive(setting, folder)
    found = []
    rounds = 5 if setting.is_long else 1
    for number in range(rounds):
        ledger = copy_ledger(base, folder / "ledger-read")
        reader = subprocess.Popen(
            [setting.driver, "read", str(ledger)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        setting.started.append(reader)
        reader.stdout.readline()
        done = setting.run("erase", ledger, "--word", CANARY)
        where = f"round {number}"
        if done.returncode != 75:
            found.append(f"{where}: with a reader it ended with {done.returncode}: {done.stdout}")
        if number % 2:
            reader.kill()
        reader.stdin.close()
        reader.wait()
        reader.stdout.close()
        answer = setting.checker.check(ledger)
        if [what.split(":")[0] for what in answer.get("findings", [])] != ["erasure-unfinished"]:
            found.append(f"{where}: {answer.get('findings')}")
        finish(setting, ledger, found, where)
    yield Result("an erasure beside an older reader", rounds, "erasures", found)


def control(setting):
    """The same search after a plain deletion, which must find what it left."""
    folder = setting.folder("deleted")
    ledger = archive(setting, folder)
    done = setting.run("delete", ledger, "--word", CANARY)
    found = []
    if done.returncode != 0:
        found.append(f"deleting ended with {done.returncode}: {done.stderr}")
    if lines_left(setting.checker.check(ledger)):
        found.append("it deleted nothing")
    left = traces(ledger)
    if not left:
        found.append("nothing was left: the search finds nothing")
    yield Result("a plain deletion, as a control", 1, "deletions", found, f"{left} traces left")


def run(setting):
    yield from killed(setting)
    yield from failing(setting)
    yield from waiting(setting)
    yield from control(setting)
