# SPDX-License-Identifier: Apache-2.0
"""Evaluates the imported model on rows with a diagnosis, or scores rows without: see the manifest."""
import csv
import json
import os
import sys
from pathlib import Path

from onnx_file import Model


def job_path(name):
    """The path that JobLedger passes in JOBLEDGER_<name>."""
    return Path(os.environ[f"JOBLEDGER_{name}"])


def read_rows(name):
    with open(job_path(name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_model():
    (path,) = job_path("MODEL").glob("*.onnx")
    model = Model(path)
    print(f"INFO {path.name} looks at {', '.join(model.features)}")
    return model


def evaluate():
    model, rows = read_model(), read_rows("INPUT_TEST")
    pairs = [(model.probability(row) >= 0.5, row["diagnosis"] == "M") for row in rows]
    tp, fp = pairs.count((True, True)), pairs.count((True, False))
    fn, tn = pairs.count((False, True)), pairs.count((False, False))
    metrics = {
        "accuracy": (tp + tn) / len(pairs), "precision": tp / (tp + fp), "recall": tp / (tp + fn),
        "tn": tn, "fp": fp, "fn": fn, "tp": tp,
    }
    print(f"INFO evaluated {len(rows)} rows")
    if fn:
        print(f"WARNING missed {fn} of {fn + tp} malignant tumours")
    job_path("METRICS").write_text(json.dumps(metrics))


def predict():
    model, rows = read_model(), read_rows("INPUT_BATCH")
    with open(job_path("OUTPUT") / "predictions.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "probability", "prediction"])
        for row in rows:
            p = model.probability(row)
            table.writerow([row["id"], f"{p:.6f}", "M" if p >= 0.5 else "B"])
    print(f"INFO scored {len(rows)} rows")


{"evaluate": evaluate, "predict": predict}[sys.argv[1]]()
