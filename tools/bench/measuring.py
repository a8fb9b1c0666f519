# SPDX-License-Identifier: Apache-2.0
"""How all of it is measured: programs timed and watched, and one table of what was found."""
import os
import platform
import statistics
import subprocess
import sys
import time


def command(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


def wall(words, rounds):
    """The median wall time of a command, in seconds, its output going through a pipe."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def core(words, rounds):
    """The median time that a process, from its start on, kept a core busy, in seconds.

    Of all its threads, and in the kernel too; but for that it hardly changes with what else runs. The
    first round, which may have to read the files, does not count. Exit code 2 is an answer too.
    """
    times = []
    for _ in range(rounds + 1):
        process = subprocess.Popen([str(w) for w in words], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 2):
            raise SystemExit(f"{process.returncode} by {words}")
        times.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(times[1:])


def anonymous(process, pause):
    """The anonymous memory of a process while it runs, sampled, in MiB."""
    samples = [0.0]
    while process.poll() is None:
        try:
            status = open(f"/proc/{process.pid}/status").read()
            samples.append(int(status.split("RssAnon:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            pass
        time.sleep(pause)
    return samples


def machine(folder):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    system = command("stat", "-f", "-c", "%T", folder).strip()
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, {system}"


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, ours, theirs, ratio, goal):
        self.rows.append((what, ours, theirs, ratio, goal))
        print("  ".join(str(w) for w in self.rows[-1]), file=sys.stderr)

    def print(self):
        heads = ("what", "ours", "beside", "ratio", "goal")
        rows = [heads] + self.rows
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        print("| " + " | ".join(h.ljust(w) for h, w in zip(heads, widths)) + " |")
        print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
        for row in self.rows:
            print("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |")
