# SPDX-License-Identifier: Apache-2.0
"""The same number of log lines into PyPI's eventsourcing, on SQLite, through its recorder.

eventsourcing_sqlite.py FILE EVENTS PER_COMMIT. Prints seconds. The recorder is the layer below
aggregates and serialisation, so this is the library at its fastest.
"""
import json
import sys
import time
import uuid

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

path, count, per_commit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
recorder = SQLiteApplicationRecorder(SQLiteDatastore(path))
recorder.create_table()
job = uuid.uuid4()


def event(version):
    text = f"epoch {version} loss 0.{version % 1000} step {version * 7}".ljust(60, ".")
    state = json.dumps({"stream": "stdout", "line": version, "level": "info", "message": text})
    return StoredEvent(originator_id=job, originator_version=version, topic="job.logged",
                       state=state.encode())


batches = [[event(v) for v in range(first, min(first + per_commit, count + 1))]
           for first in range(1, count + 1, per_commit)]
start = time.perf_counter()
for batch in batches:
    recorder.insert_events(batch)
print(f"{time.perf_counter() - start:.6f} {count}")
