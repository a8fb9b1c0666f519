# SPDX-License-Identifier: Apache-2.0
"""Sorts tumours into buckets of size: one row of features a row of data, and a count of each bucket.

Its edges lie beside it, in edges.json: both are one version, approved together.
"""
import csv
import json
import os
import sys
from bisect import bisect_right
from collections import Counter
from pathlib import Path


def main():
    edges = json.loads(Path(__file__).with_name("edges.json").read_text(encoding="utf-8"))
    source = Path(os.environ["JOBLEDGER_INPUT_RAW"])
    target = Path(os.environ["JOBLEDGER_OUTPUT"]) / "features.csv"
    buckets = Counter()
    with open(source, newline="", encoding="utf-8") as rows, open(
            target, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "size_bucket"])
        for row in csv.DictReader(rows):
            bucket = bisect_right(edges["radius_mean"], float(row["radius_mean"]))
            buckets[bucket] += 1
            table.writerow([row["id"], bucket])
    if not buckets:
        sys.exit("ERROR there are no rows")
    for bucket, count in sorted(buckets.items()):
        print(f"INFO bucket {bucket}: {count} rows")


main()
