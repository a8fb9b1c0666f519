# SPDX-License-Identifier: Apache-2.0
"""Bytes that change by themselves: flipped bits, pages in the wrong place, pages of yesterday.

What the check does not tell of must not matter: then the ledger has the same size and root, and
holds the same events at the same places.
"""

import random

from base import Result, copy_ledger

PAGE = 4096


class Judge:
    """Puts changed bytes in place of a sound data file, and compares what the check says."""

    def __init__(self, setting, name):
        self.setting = setting
        folder = setting.folder(name)
        self.ledger = setting.create(folder)
        self.data = self.ledger / "db/1/data.mdb"
        self.write("A", 24)
        self.before = self.data.read_bytes()
        self.write("B", 24)
        self.sound = self.data.read_bytes()
        self.place = copy_ledger(self.ledger, folder / "damaged")
        self.whole = setting.checker.check(self.place)
        self.told = self.crashed = self.harmless = 0
        self.found = list(self.whole["findings"])

    def write(self, writer, count):
        words = ("append", self.ledger, "--writer", writer, "--count", count, "--lines", 40)
        done = self.setting.run(*words)
        if done.returncode != 0:
            raise RuntimeError(f"no sound ledger: {done.stdout}{done.stderr}")

    def judge(self, content, what):
        (self.place / "db/1/lock.mdb").unlink(missing_ok=True)
        (self.place / "db/1/data.mdb").write_bytes(content)
        answer = self.setting.checker.check(self.place)
        if answer.get("hung"):
            self.found.append(f"{what}: the check never ended")
        elif "error" in answer:
            self.crashed += answer["error"].startswith("reading it ended")
            self.told += 1
        elif answer["findings"]:
            self.told += 1
        elif answer == self.whole:
            self.harmless += 1
        else:
            self.found.append(f"{what}: nothing was told, and the ledger is another")

    def result(self, scenario, count, unit):
        if self.told == 0:
            self.found.append("nothing was told of at all: the harness changes nothing")
        note = f"{self.told} told of, {self.crashed} of these by a dead reader; the others lie in "
        return Result(scenario, count, unit, self.found, note + "unused or spare space")


def flips(setting):
    """One bit at a time, anywhere; in the long form every bit of what LMDB reads of meta pages."""
    judge = Judge(setting, "flips")
    chance = random.Random(setting.seed)
    size = len(judge.sound) * 8
    places = [chance.randrange(size) for _ in range(10_000 if setting.is_long else 120)]
    if setting.is_long:
        places += [8 * (page + byte) + bit
                   for page in (0, PAGE) for byte in range(152) for bit in range(8)]
    for place in places:
        content = bytearray(judge.sound)
        content[place // 8] ^= 1 << place % 8
        judge.judge(content, f"bit {place % 8} of byte {place // 8}")
    yield judge.result("one bit flipped", len(places), "flips")


def pages(setting):
    """A page written to the place of another, or not written since an earlier commit."""
    judge = Judge(setting, "pages")
    chance = random.Random(setting.seed)
    last = len(judge.sound) // PAGE
    old = [page for page in range(len(judge.before) // PAGE)
           if judge.before[page * PAGE:][:PAGE] != judge.sound[page * PAGE:][:PAGE]]
    count = 0
    for _ in range(1000 if setting.is_long else 30):
        source, target = chance.randrange(last), chance.randrange(last)
        count += judge_page(judge, target, judge.sound[source * PAGE:][:PAGE], f"page {source}")
    for page in old:
        content = judge.before[page * PAGE:][:PAGE]
        count += judge_page(judge, page, content, "what it was before")
    judge.judge(judge.before, "the whole file as it was before")
    yield judge.result("a page in a wrong place, or an old one", count + 1, "times")


def judge_page(judge, target, content, what):
    if judge.sound[target * PAGE:][:PAGE] == content:
        return 0
    changed = bytearray(judge.sound)
    changed[target * PAGE : (target + 1) * PAGE] = content
    judge.judge(changed, f"page {target} holds {what}")
    return 1


def run(setting):
    yield from flips(setting)
    yield from pages(setting)
