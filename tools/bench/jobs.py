# SPDX-License-Identifier: Apache-2.0
"""How soon a tick starts and a stop is obeyed, by the real binaries: idle, and while 16 jobs write.

A writer is `jobledger exec` of `yes`, as fast as the ledger takes it. Times are of the clock that
nobody sets (CLOCK_MONOTONIC), but for a tick's moment, which is the wall clock's by its nature.
"""
import contextlib
import math
import os
import re
import signal
import statistics
import subprocess
import time

WRITERS = 16
MANIFEST = """project: bench
models:
  m:
    train: {run: [sh, -c, 'echo weights > "$JOBLEDGER_OUTPUT/model"']}
    predict: {run: ["true"]}
"""


class Site:
    """A ledger with a project and a deployed version."""

    def __init__(self, jobledger, folder):
        self.jobledger, self.folder, self.ledger = jobledger, folder, folder / ".jobledger"
        folder.mkdir()
        (folder / "jobledger.yaml").write_text(MANIFEST)
        (folder / "policy.yaml").write_text("{fourEyes: false, requireEvaluation: false}\n")
        for words in (["init"], ["project", "add", "."],
                      ["policy", "set", "policy.yaml", "--reason", "a bench alone"],
                      ["train", "m"], ["approve", "m@1", "--reason", "a bench alone"],
                      ["deploy", "m@1", "--target", "production"]):
            subprocess.run([jobledger, *words], cwd=folder, check=True, capture_output=True)

    def start(self, *words, **options):
        return subprocess.Popen([self.jobledger, *map(str, words)], cwd=self.folder, text=True,
                                stdin=subprocess.DEVNULL, **options)

    def size(self):
        """The size that was last signed, which is at most a second old while jobs write."""
        return int((self.ledger / "checkpoint").read_text().split("\n")[1])

    @contextlib.contextmanager
    def writers(self, environment=None):
        """Sixteen jobs that log at full speed, all of them running."""
        # Started in the background, this process may have been told to ignore it, and tell them so.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        line = "epoch 17 loss 0.4711 step 119 ".ljust(60, ".")
        said = open(self.folder / "writers.err", "w+")
        running = [self.start("exec", "--", "yes", line, stdout=subprocess.DEVNULL, stderr=said,
                              env=environment) for _ in range(WRITERS)]
        try:
            # Each has a lock there and a folder to work in.
            while len(list((self.ledger / "runners").iterdir())) < 2 * WRITERS:
                if any(process.poll() is not None for process in running):
                    said.seek(0)
                    raise RuntimeError("a writer ended by itself: " + said.read()[-500:])
                time.sleep(0.01)
            yield
        finally:
            for _ in range(2):  # The second signal kills.
                for process in running:
                    process.send_signal(signal.SIGINT)
                time.sleep(0.2)
            for process in running:
                try:
                    process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    # It would go on until the disk is full.
                    process.kill()
                    raise
            said.close()


def tick(site, clock, lead, loaded, skipped):
    """Seconds from a schedule's moment to a worker's word that it started; the clock put forward.

    The moment is a full minute, at least `lead` seconds from now, on a clock that `clock` puts at
    least `skipped` seconds ahead; returns by how many, too. No seconds where the worker was late.
    """
    now = time.time() + skipped
    moment = math.ceil((now + lead) / 60) * 60
    ahead = skipped + math.floor(moment - now - lead)
    environment = {**os.environ, "LD_PRELOAD": str(clock), "BENCH_AHEAD": str(ahead)}
    with site.writers(environment) if loaded else contextlib.nullcontext():
        worker = site.start("work", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            env=environment)
        ready = time.time() + ahead < moment - 1
        seconds, told = None, []
        for line in worker.stderr:
            told.append(line)
            if re.match(r"predict-\w+ started", line):
                seconds = time.time() + ahead - moment
                break
        worker.terminate()
        worker.stderr.read()
        worker.wait()
    if seconds is None:
        raise RuntimeError("the worker ended before the tick: " + "".join(told))
    return (seconds if ready else None), ahead


def ticks(jobledger, clock, folder, rounds):
    """Medians of seconds from a tick's moment to its job.started, idle and loaded."""
    site = Site(jobledger, folder)
    subprocess.run([jobledger, "schedule", "add", "deploy-", "--name", "often", "--cron",
                    "* * * * *"], cwd=folder, check=True, capture_output=True)
    skipped, found = 0, {}
    for loaded, lead, count in ((False, 2, 3 * rounds), (True, 4, rounds)):
        taken = []
        while len(taken) < count:
            seconds, skipped = tick(site, clock, lead, loaded, skipped)
            if seconds is None:
                lead *= 2
            else:
                taken.append(seconds)
        found[loaded] = statistics.median(taken)
    return found[False], found[True]


def stop(site, bench):
    """Seconds from `jobledger stop` to the signal at the command, and to the end in the ledger."""
    told = site.folder / "told"
    told.unlink(missing_ok=True)
    victim = site.start("exec", "--", bench, "obey", told, stdout=subprocess.PIPE,
                        stderr=subprocess.DEVNULL)
    job = victim.stdout.readline().strip()
    onlooker = subprocess.Popen([str(bench), "ended", str(site.ledger), job],
                                stdout=subprocess.PIPE, text=True)
    onlooker.stdout.readline()
    begun = time.monotonic()
    stopper = site.start("stop", job, "--reason", "a bench alone", stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    ended = float(onlooker.stdout.readline().split()[1])
    for process in (onlooker, stopper, victim):
        process.wait()
    return float(told.read_text()) - begun, ended - begun


def stops(jobledger, bench, folder, rounds):
    """Medians of what `stop` tells, idle and loaded; and the lines a second of the load."""
    site = Site(jobledger, folder)
    found = {}
    for loaded in (False, True):
        with site.writers() if loaded else contextlib.nullcontext():
            begun, size = time.monotonic(), site.size()
            taken = [stop(site, bench) for _ in range(3 * rounds)]
            lines = (site.size() - size) / (time.monotonic() - begun)
        found[loaded] = [statistics.median(column) for column in zip(*taken)]
    return found[False], found[True], lines
