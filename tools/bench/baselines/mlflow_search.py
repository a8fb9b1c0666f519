# SPDX-License-Identifier: Apache-2.0
"""The versions of a ledger in PyPI's MLflow, in its registry on SQLite, searched through its client.

mlflow_search.py FILE INVENTORY MODEL ROUNDS. INVENTORY is `ask inventory --json` of the ledger.
Prints the versions found of MODEL and their median seconds of a core, then those of all. The client's
start and first searches, which fill its caches, do not count.
"""
import json
import os
import sqlite3
import statistics
import sys
import time

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
from mlflow import MlflowClient

path, inventory, model, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
client = MlflowClient(tracking_uri=f"sqlite:///{path}", registry_uri=f"sqlite:///{path}")
client.search_registered_models()  # Makes the schema.
versions = [row["version"].split("@") for row in json.load(open(inventory))["rows"]]
# By its own code each version would be a transaction of several queries; these are the rows it makes.
with sqlite3.connect(path) as database:
    database.executemany(
        "INSERT INTO registered_models (name, creation_time, last_updated_time) VALUES (?, 0, 0)",
        sorted({(name,) for name, _ in versions}))
    database.executemany(
        "INSERT INTO model_versions (name, version, creation_time, last_updated_time, current_stage,"
        " source, storage_location, status) VALUES (?1, ?2, 0, 0, 'None', ?1, ?1, 'READY')", versions)
database.close()


def search(filter):
    times = []
    for _ in range(rounds + 1):
        start = time.process_time()
        found = client.search_model_versions(filter, max_results=200_000)
        times.append(time.process_time() - start)
    print(len(found), f"{statistics.median(times[1:]):.6f}")


search(f"name = '{model}'")
search(None)
