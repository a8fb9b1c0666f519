# SPDX-License-Identifier: Apache-2.0
"""The same statistics of a CSV file by pandas or DuckDB, on one core: seconds, rows, peak MiB.

Usage: tables.py pandas|duckdb FILE. Per column: count, missing, distinct, and of numbers minimum,
maximum, mean, deviation and quantiles. DuckDB estimates distinct values and quantiles.
"""
import os
import resource
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
which, path = sys.argv[1:]
if which == "pandas":
    import pandas
    start = time.process_time()
    frame = pandas.read_csv(path)
    frame.describe(include="all", percentiles=[.01, .05, .1, .25, .5, .75, .9, .95, .99])
    frame.isna().sum()
    frame.nunique()
    rows = len(frame)
else:
    import duckdb
    start = time.process_time()
    database = duckdb.connect()
    database.execute("SET threads = 1")
    database.execute(f"SUMMARIZE SELECT * FROM read_csv('{path}')").fetchall()
    rows = 0
seconds = time.process_time() - start
print(seconds, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
