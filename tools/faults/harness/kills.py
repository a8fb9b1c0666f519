# SPDX-License-Identifier: Apache-2.0
"""Writers that are killed: at every call of a commit, and at any moment."""

import random
import signal
import time

from base import Result, Story, copy_ledger, problems


def at_every_call(setting):
    """kill -9 before and after each call that changes or syncs a file, in a command and a batch."""
    folder = setting.folder("calls")
    base = setting.create(folder)
    found = []
    kills = 0
    # The fourth thing that a writer appends is a batch of log lines.
    for first, lines in ((0, 1), (3, 3), (3, 400)) if setting.is_long else ((0, 1), (3, 40)):
        for when in ("before", "after"):
            number = 1
            while True:
                ledger = copy_ledger(base, folder / "ledger-at")
                words = ("append", ledger, "--writer", "K", "--first", first, "--count", 1)
                words += ("--lines", lines)
                done = setting.run(*words, KILL_AT=number, KILL_WHEN=when)
                if done.returncode == 0:
                    break
                where = f"killed {when} call {number} of {'a batch' if first else 'a command'}"
                if done.returncode != -signal.SIGKILL:
                    found.append(f"{where}: it ended with {done.returncode}")
                kills += 1
                story = Story().hear(done.stdout)
                bad = problems(setting.checker.check(ledger), story)
                # A command is repeated under its request key, and is in the log once.
                name = "L" if first else "K"
                again = setting.run("append", ledger, "--writer", name, "--count", 1)
                if again.returncode != 0:
                    bad.append(f"the next writer ended with {again.returncode}: {again.stdout}")
                bad += problems(setting.checker.check(ledger), story.hear(again.stdout))
                found += [f"{where}: {what}" for what in bad]
                number += 1
    yield Result("kill -9 at every call of a commit", kills, "kills", found)


def at_any_moment(setting):
    """Three writers of one ledger, one or all of which are killed again and again."""
    wanted = 1000 if setting.is_long else 21
    chance = random.Random(setting.seed)
    found = []
    kills = acked = checks = 0
    while kills < wanted:
        folder = setting.folder("storm")
        ledger = setting.create(folder)
        story = Story()
        serial = 0
        # A new ledger now and then keeps the checks short.
        for _ in range(10):
            outputs = []
            writers = []
            for _ in range(3):
                serial += 1
                outputs.append(folder / f"out-{serial}")
                writers.append(
                    setting.start(outputs[-1], "append", ledger, "--writer", f"S{serial}"))
            wait_for(outputs, chance.randrange(1, 12))
            victims = writers if chance.random() < 0.5 else [chance.choice(writers)]
            for victim in victims:
                victim.kill()
                kills += victim.wait() == -signal.SIGKILL
            if victims is not writers:
                # The others go on beside the dead one.
                rest = [out for out, writer in zip(outputs, writers) if writer not in victims]
                wait_for(rest, count_acks(rest) + 2)
            for writer in writers:
                if writer.poll() is None:
                    writer.kill()
                    kills += writer.wait() == -signal.SIGKILL
            for output in outputs:
                story.hear_file(output)
            bad = problems(setting.checker.check(ledger), story)
            found += [f"round {checks}: {what}" for what in bad]
            checks += 1
            if kills >= wanted:
                break
        if story.ends:
            found.append(f"writers ended by themselves: {story.ends[:3]}")
        acked += len(story.acked)
    yield Result(
        "kill -9 at any moment, three writers", kills, "kills", found,
        f"{acked} events acknowledged, {checks} checks")


def count_acks(outputs):
    return sum(output.read_bytes().count(b"\nACK ") for output in outputs if output.exists())


def wait_for(outputs, acks, seconds=60):
    """Until there are so many acknowledgements, with a limit only against hanging."""
    end = time.monotonic() + seconds
    while count_acks(outputs) < acks:
        if time.monotonic() > end:
            raise TimeoutError(f"{count_acks(outputs)} of {acks} acknowledgements in {seconds} s")
        time.sleep(0.002)


def wait_for_open(output, seconds=60):
    """Until a writer has the ledger open."""
    end = time.monotonic() + seconds
    while not output.exists() or b"OPEN " not in output.read_bytes():
        if time.monotonic() > end:
            raise TimeoutError(f"nobody opened the ledger in {seconds} s")
        time.sleep(0.002)


def run(setting):
    yield from at_every_call(setting)
    yield from at_any_moment(setting)
