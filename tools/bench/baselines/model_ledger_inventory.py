# SPDX-License-Identifier: Apache-2.0
"""What was in production, by the `inventory_at` of PyPI's model-ledger, on SQLite.

model_ledger_inventory.py FILE DEPLOYMENTS MOMENT ROUNDS. DEPLOYMENTS is lines of JSON: version, since
and, if it ended, retired. A version that was ever deployed is a model, with a snapshot of each time that
it went into production, and one by which the inventory no longer has it of each time that it went.
Prints the models found and their median seconds of a core, without the import and the first round.
"""
import json
import statistics
import sys
import time
from datetime import datetime, timedelta

from model_ledger import Ledger
from model_ledger.core.ledger_models import ModelRef, Snapshot

path, deployments, moment, rounds = *sys.argv[1:4], int(sys.argv[4])
ledger = Ledger.from_sqlite(path)
ledger.backend._conn.execute("PRAGMA synchronous = OFF")  # While it is filled.
models = {}
for row in sorted(map(json.loads, open(deployments)), key=lambda row: row["since"]):
    since = datetime.fromisoformat(row["since"])
    if row["version"] not in models:
        models[row["version"]] = ModelRef(name=row["version"], owner="bench", model_type="ml_model",
                                          tier="low", purpose="benchmark", created_at=since)
        ledger.backend.save_model(models[row["version"]])
    model = models[row["version"]].model_hash
    ledger.backend.append_snapshot(Snapshot(
        model_hash=model, timestamp=since, actor=row["actor"], event_type="deployed",
        payload={"deployment": row["deployment"], "target": row["target"]}))
    if "retired" in row:
        # Of two snapshots of the same time it takes the first for the latest.
        gone = datetime.fromisoformat(row["retired"]) + timedelta(microseconds=1)
        ledger.backend.append_snapshot(Snapshot(
            model_hash=model, timestamp=gone, actor=row["actor"], event_type="not_found",
            payload={"deployment": row["deployment"]}))
times = []
for _ in range(rounds + 1):
    start = time.process_time()
    found = ledger.inventory_at(datetime.fromisoformat(moment))
    times.append(time.process_time() - start)
print(len(found), f"{statistics.median(times[1:]):.6f}")
