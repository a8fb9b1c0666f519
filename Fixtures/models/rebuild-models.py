#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the model files of this folder anew from the breast-cancer data beside it.

Usage: rebuild-models.py [FOLDER]   (default: this folder)
Needs, from PyPI: scikit-learn==1.9.1 skl2onnx==1.20.0 nyoka==5.5.0 joblib==1.6.0. Same versions, same
models; pickles and PMML also name their version or time of making, so their bytes may differ.
"""
import pickle
import sys
import zipfile
from pathlib import Path

import joblib
import numpy
import pandas
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

HERE = Path(__file__).resolve().parent
FEATURES = ["radius_mean", "texture_mean", "concave_points_mean", "area_worst", "smoothness_worst"]


def onnx_models(folder, pipeline, tree):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    # One tensor of all features, as skl2onnx makes it by default; and one input a column.
    (folder / "tumour-lr.onnx").write_bytes(to_onnx(
        pipeline, initial_types=[("float_input", FloatTensorType([None, len(FEATURES)]))],
        options={"zipmap": False}).SerializeToString())
    from sklearn.compose import ColumnTransformer
    named = Pipeline([
        ("columns", ColumnTransformer([("all", "passthrough", FEATURES)])), ("tree", tree)])
    frame = pandas.read_csv(DATA)
    named.fit(frame[FEATURES], frame[TARGET])
    (folder / "tumour-tree-columns.onnx").write_bytes(to_onnx(
        named, initial_types=[(name, FloatTensorType([None, 1])) for name in FEATURES],
        options={"zipmap": False}).SerializeToString())


def pmml_models(folder, pipeline, tree):
    from nyoka import skl_to_pmml
    skl_to_pmml(pipeline, FEATURES, TARGET, str(folder / "tumour-lr.pmml"))
    skl_to_pmml(Pipeline([("tree", tree)]), FEATURES, TARGET, str(folder / "tumour-tree.pmml"))


def mojo(folder):
    """A zip of the shape H2O's MOJO has: model.ini, domains and trees. Not made by H2O."""
    lines = ["[info]", "h2o_version = 3.46.0.7", "mojo_version = 1.40", "license = Apache License Version 2.0",
             "algo = gbm", "algorithm = Gradient Boosting Machine", "category = Binomial",
             "supervised = true", f"n_features = {len(FEATURES)}", "n_classes = 2",
             f"n_columns = {len(FEATURES) + 1}", "n_domains = 1", "n_trees = 1",
             "", "[columns]", *FEATURES, TARGET, "", "[domains]", f"{len(FEATURES)}: 2 d000.txt", ""]
    with zipfile.ZipFile(folder / "tumour-gbm.mojo.zip", "w") as archive:
        for name, text, method in (("model.ini", "\n".join(lines), zipfile.ZIP_DEFLATED),
                                   ("domains/d000.txt", "0\n1\n", zipfile.ZIP_STORED),
                                   ("trees/t00_000.bin", "\0" * 64, zipfile.ZIP_DEFLATED)):
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 21, 0, 0, 0)), text, method)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    frame = pandas.read_csv(DATA)
    pipeline = Pipeline([("scale", StandardScaler()), ("lr", LogisticRegression(random_state=7))])
    pipeline.fit(frame[FEATURES], frame[TARGET])
    tree = DecisionTreeClassifier(max_depth=3, random_state=7).fit(frame[FEATURES], frame[TARGET])
    onnx_models(folder, pipeline, tree)
    pmml_models(folder, pipeline, tree)
    mojo(folder)
    (folder / "tumour-lr.pickle").write_bytes(pickle.dumps(pipeline, protocol=5))
    (folder / "tumour-lr-0.pickle").write_bytes(pickle.dumps(pipeline, protocol=0))
    joblib.dump(pipeline, folder / "tumour-lr.joblib")
    joblib.dump(tree, folder / "tumour-tree.joblib")
    joblib.dump(numpy.arange(12.0), folder / "compressed.joblib", compress=3)


DATA = HERE.parent / "projects" / "breast-cancer" / "data" / "train.csv"
TARGET = pandas.read_csv(DATA, nrows=0).columns[-1]
if __name__ == "__main__":
    main()
