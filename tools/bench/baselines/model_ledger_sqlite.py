# SPDX-License-Identifier: Apache-2.0
"""Events of one model into PyPI's model-ledger, on SQLite: one event a commit is all it offers.

model_ledger_sqlite.py FILE EVENTS. Prints seconds.
"""
import sys
import time

from model_ledger import Ledger

path, count = sys.argv[1], int(sys.argv[2])
ledger = Ledger.from_sqlite(path)
ledger.register(name="churn-lr", owner="alice", model_type="ml_model", tier="low",
                purpose="benchmark", actor="alice")
start = time.perf_counter()
for line in range(count):
    ledger.record("churn-lr", event="logged", actor="alice",
                  payload={"line": line, "level": "info", "message": "x" * 60})
print(f"{time.perf_counter() - start:.6f} {count}")
