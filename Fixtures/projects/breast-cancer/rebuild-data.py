# SPDX-License-Identifier: Apache-2.0
"""Rebuilds data/*.csv from the copy of the data in scikit-learn's wheel. Run by hand:

    pip download --no-deps --only-binary :all: --dest WHEELS scikit-learn==1.7.2
    python3 rebuild-data.py WHEELS/scikit_learn-*.whl

Of every ten rows in the order of the source, seven train, two test, and one is new: scored
without its diagnosis. So each file holds the classes in nearly the same share, on any machine.
"""
import csv
import hashlib
import io
import sys
import zipfile
from pathlib import Path

MEMBER = "sklearn/datasets/data/breast_cancer.csv"
SHA256 = "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed"
MEASURES = [
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity",
    "concave_points", "symmetry", "fractal_dimension"]
FEATURES = [f"{measure}_{form}" for form in ("mean", "error", "worst") for measure in MEASURES]


def part(index):
    return {3: "test", 7: "test", 9: "new"}.get(index % 10, "train")


source = zipfile.ZipFile(sys.argv[1]).read(MEMBER)
if hashlib.sha256(source).hexdigest() != SHA256:
    sys.exit(f"{MEMBER} is not the file this recipe was written for")
lines = list(csv.reader(io.StringIO(source.decode("ascii"))))[1:]

for name in ("train", "test", "new"):
    labelled = name != "new"
    path = Path(__file__).parent / "data" / f"{name}.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id"] + FEATURES + ["diagnosis"] * labelled)
        for index, line in enumerate(lines):
            if part(index) == name:
                diagnosis = ["M" if line[-1] == "0" else "B"] * labelled
                table.writerow([index + 1] + line[:-1] + diagnosis)
