# SPDX-License-Identifier: Apache-2.0
"""What training, evaluation and prediction share: the rows, the model file, the job's environment.

A model is a JSON object: the names of its features, the mean and standard deviation of each
in the training data, one weight each, and a bias.
"""
import csv
import json
import logging
import math
import os
import sys
from operator import mul
from pathlib import Path

MALIGNANT = "M"

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("tumour-lr")


def job_path(name):
    """The path that JobLedger passes in JOBLEDGER_<name>."""
    path = os.environ.get(f"JOBLEDGER_{name}")
    if path is None:
        sys.exit(f"ERROR JOBLEDGER_{name} is not set: run this file through `jobledger`")
    return Path(path)


def read_rows(path):
    """The rows of a CSV file with a header, each a dict of strings."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        sys.exit(f"ERROR {path} has no rows")
    return rows


def feature_names(rows):
    return [name for name in rows[0] if name not in ("id", "diagnosis")]


def numbers(row, names):
    return [float(row[name]) for name in names]


def probability(weights, bias, features):
    """The logistic function of the weighted sum, safe for sums of any size."""
    z = bias + sum(map(mul, weights, features))
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def scaled(model, row):
    """A row's features, standardised as the model's training data were."""
    values = numbers(row, model["features"])
    return [(x - m) / s for x, m, s in zip(values, model["mean"], model["deviation"])]


def score(model, row):
    """The model's probability that the tumour in this row is malignant."""
    return probability(model["weights"], model["bias"], scaled(model, row))


def read_model():
    return json.loads((job_path("MODEL") / "model.json").read_text())


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")
