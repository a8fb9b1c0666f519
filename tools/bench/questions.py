#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What answers of jobledger-replay cost: in a ledger ten times as large, and beside other stores.

Usage: tools/bench/questions.py REPLAY SMALL LARGE TOOLS FOLDER [ROUNDS]
`tools/bench/run --only questions` makes all of that and calls this. By itself it takes a program, two
ledgers of `bench estate`, the second of ten times the events, and the Python environments of TOOLS.

Ours is always a whole process, from its start to the end of its JSON; a library is already running and
imported. Times are of a core, of all threads together, in user and kernel mode. SQLite answers from the
export of the small ledger (baselines/questions.sql), MLflow and model-ledger with the versions of the
large one. None of them holds an answer against a Merkle tree, or says which events it rests on.
"""
import json
import re
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

from measuring import Table, anonymous, command, core, machine

HERE = Path(__file__).resolve().parent
MODEL, VERSION = "model-3", "model-3@7"
ABOUT_ONE = [["ask", name, "--about", MODEL] for name in (
    "scope", "in-production", "actors", "times", "changes", "approval-before-deployment", "four-eyes",
    "inventory")] + [["trail", MODEL], ["trail", VERSION], ["report", MODEL]]
ABOUT_ALL = [["ask", "integrity"], ["state"]]


class Replay:
    """A jobledger-replay on one ledger."""

    def __init__(self, program, ledger):
        self.program, self.ledger = program, ledger

    def words(self, *words):
        return [self.program, *words, "--ledger", self.ledger]

    def lines(self, *words):
        """The objects of an answer in JSON; of a question's, its rows."""
        done = subprocess.run(self.words(*words, "--json"), text=True, capture_output=True)
        if done.returncode not in (0, 2):
            raise SystemExit(f"{words}: {done.stderr}")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        if words[0] == "ask":
            return found[0]["rows"]
        return [one for one in found if "position" in one]

    def core(self, words, rounds):
        form = [] if words[0] in ("report", "state") else ["--json"]
        return core(self.words(*words, *form), rounds)


def milliseconds(seconds):
    return f"{seconds * 1e3:,.1f} ms"


def beside(table, what, ours, theirs, goal="> 1"):
    """A row whose ratio says how many times as fast ours is."""
    table.add(what, milliseconds(ours), milliseconds(theirs), f"{theirs / ours:.2f}", goal)


def flat(table, small, large, word, rounds):
    """The same words to both ledgers: about one model, and where ten times as much is to be found."""
    for words in ABOUT_ONE + ABOUT_ALL + [["decisions", "--match", word]]:
        mine, tenth = (replay.core(words, rounds) for replay in (large, small))
        goal = "≤ 1.3" if words in ABOUT_ONE else ""
        table.add(f"{' '.join(words)}: in a ledger of a tenth", milliseconds(mine), milliseconds(tenth),
                  f"{mine / tenth:.2f}", goal)


def statements(moment, word):
    """What questions.sql makes first, and its questions: the words of ours, and the statement."""
    text = (HERE / "baselines" / "questions.sql").read_text()
    parts = re.split(r"^-- (made first|ask .*|trail .*|decisions .*)$", text, flags=re.M)
    pairs = [(name.format(moment=moment, word=word), sql.strip().format(moment=moment, word=word))
             for name, sql in zip(parts[1::2], parts[2::2])]
    return pairs[0][1], pairs[1:]


def sql(table, small, database, questions, rounds):
    """Each question by the small ledger's program and by SQLite's shell, once both find as much."""
    for words, statement in questions:
        with sqlite3.connect(database) as connection:
            theirs = len(connection.execute(statement).fetchall())
        words = words.split()
        ours = len(small.lines(*words))
        assert ours == theirs > 0, f"{words}: {ours} rows, in SQL {theirs}"
        beside(table, f"{' '.join(words)} ({ours:,} rows): SQLite's shell", small.core(words, rounds),
               core(["sqlite3", "-json", database, statement], rounds))


def running(table, small, database, questions, moment, rounds):
    """The same by programs that run already, with the files mapped, or in the cache, and JSON or tuples."""
    with sqlite3.connect(database) as connection:
        (size,) = connection.execute("SELECT max(position) + 1 FROM events WHERE time <= ?",
                                     (moment,)).fetchone()
        for words, statement in questions:
            name, *moments = words.removeprefix("ask ").split()
            if name in ("trail", "decisions"):
                continue
            times = []
            for _ in range(rounds + 1):
                start = time.process_time()
                found = connection.execute(statement).fetchall()
                times.append(time.process_time() - start)
            ours = command(HERE / ".build" / "release" / "bench", "ask", small.ledger, name,
                           size if moments else 0, rounds)
            beside(table, f"{words} ({len(found):,} rows), asked again: SQLite in Python",
                   float(ours.split()[1]), statistics.median(times[1:]))


def mlflow(table, large, tools, folder, rounds):
    """The inventory of one model and of all, beside a search of MLflow's registry."""
    inventory = folder / "inventory.json"
    with open(inventory, "w") as file:
        subprocess.run(large.words("ask", "inventory", "--json"), stdout=file, check=True)
    found = command(tools / "mlflow" / "bin" / "python", HERE / "baselines" / "mlflow_search.py",
                    folder / "mlflow.db", inventory, MODEL, rounds, stderr=subprocess.DEVNULL).split()
    for words, count, theirs in ((["ask", "inventory", "--about", MODEL], *found[:2]),
                                 (["ask", "inventory"], *found[2:])):
        assert len(large.lines(*words)) == int(count) > 0, f"{words}: MLflow has {count}"
        beside(table, f"{' '.join(words)} ({int(count):,} versions): MLflow's search",
               large.core(words, rounds), float(theirs))


def model_ledger(table, large, tools, folder, moment, rounds):
    """What was in production, beside `inventory_at` of model-ledger."""
    deployments = folder / "deployments.jsonl"
    with open(deployments, "w") as file:
        for question in ("in-production", "retirements"):
            for row in large.lines("ask", question):
                row["actor"] = row["actor"]["id"]
                file.write(json.dumps(row) + "\n")
    count, theirs = command(
        tools / "python" / "bin" / "python", HERE / "baselines" / "model_ledger_inventory.py",
        folder / "model-ledger.db", deployments, moment, rounds).split()
    words = ["ask", "in-production", "--as-of", moment]
    ours = len(large.lines(*words))
    assert ours == int(count) > 0, f"{words}: {ours} in production, by model-ledger {count}"
    beside(table, f"ask in-production --as-of ({ours:,} deployed): model-ledger's inventory_at",
           large.core(words, rounds), float(theirs))


def memory(table, large):
    """The most anonymous memory of what goes through everything, and of a report."""
    for words in (["ask", "all", "--json"], ["report", MODEL], ["export", "--format", "cloudevents"]):
        process = subprocess.Popen([str(w) for w in large.words(*words)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        samples = anonymous(process, 0.01)
        assert process.returncode in (0, 2), f"{words}: {process.returncode}"
        table.add(f"{' '.join(words)}: anonymous memory", f"{max(samples):.0f} MiB", "", "",
                  "≤ 200 MiB")


def export(table, small, database, rounds):
    """All events to a pipe, beside SQLite's shell and the same texts, which it has as they are."""
    speeds = []
    for words in (small.words("export", "--format", "cloudevents"),
                  ["sqlite3", database, "SELECT event FROM events ORDER BY position"]):
        piped = ["sh", "-c", '"$@" | cat', "sh", *words]
        size = int(command("sh", "-c", '"$@" | wc -c', "sh", *words, stderr=subprocess.DEVNULL))
        speeds.append(size / 2**20 / core(piped, rounds))
    ours, theirs = speeds
    table.add("export --format cloudevents to a pipe: SQLite's shell", f"{ours:,.0f} MiB/s",
              f"{theirs:,.0f} MiB/s", f"{ours / theirs:.2f}", "")


def measure(table, replay, small, large, tools, folder, rounds):
    small, large = Replay(replay, small), Replay(replay, large)
    database = folder / "export.db"
    command(*small.words("export", "--format", "sqlite", "--output", database),
            stderr=subprocess.DEVNULL)
    with sqlite3.connect(database) as connection:
        (moment,) = connection.execute("SELECT time FROM events ORDER BY position LIMIT 1 OFFSET"
                                       " (SELECT count(*) / 2 FROM events)").fetchone()
        (reason,) = connection.execute("SELECT reason FROM decisions WHERE reason LIKE '%term%'"
                                       " ORDER BY position LIMIT 1").fetchone()
        word = re.search(r"\bterm\d+", reason)[0]  # The estate has 4,000 of them.
        first, questions = statements(moment, word)
        connection.executescript(first)
    flat(table, small, large, word, rounds)
    sql(table, small, database, questions, rounds)
    running(table, small, database, questions, moment, rounds)
    mlflow(table, large, tools, folder, rounds)
    model_ledger(table, large, tools, folder, moment, rounds)
    memory(table, large)
    export(table, small, database, rounds)


if __name__ == "__main__":
    replay, small, large, tools, folder = (Path(word).resolve() for word in sys.argv[1:6])
    found = Table()
    measure(found, replay, small, large, tools, folder, int((sys.argv[6:] or [5])[0]))
    print(machine(folder))
    found.print()
