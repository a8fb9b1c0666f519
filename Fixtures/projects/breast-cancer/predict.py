# SPDX-License-Identifier: Apache-2.0
"""Scores a batch of new rows; writes predictions.csv, one line a row, in the same order."""
import csv

from tumour import job_path, log, read_model, read_rows, score


def main():
    model = read_model()
    rows = read_rows(job_path("INPUT_BATCH"))
    scores = [score(model, row) for row in rows]
    malignant = sum(s >= 0.5 for s in scores)

    with open(job_path("OUTPUT") / "predictions.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "probability", "prediction"])
        for row, s in zip(rows, scores):
            table.writerow([row["id"], f"{s:.6f}", "M" if s >= 0.5 else "B"])
    log.info("scored %d rows: %d look malignant", len(rows), malignant)


main()
