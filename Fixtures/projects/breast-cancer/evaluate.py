# SPDX-License-Identifier: Apache-2.0
"""Evaluates a model on rows it has not seen: accuracy, AUC, precision, recall, confusion matrix."""
from tumour import MALIGNANT, job_path, log, read_model, read_rows, score, write_json


def area_under_curve(scores, labels):
    """The chance that a malignant row scores above a benign one; ties count half."""
    malignant = [s for s, y in zip(scores, labels) if y]
    benign = [s for s, y in zip(scores, labels) if not y]
    wins = sum((m > b) + 0.5 * (m == b) for m in malignant for b in benign)
    return wins / (len(malignant) * len(benign))


def ratio(part, whole):
    return part / whole if whole else 0.0


def main():
    model = read_model()
    rows = read_rows(job_path("INPUT_TEST"))
    labels = [row["diagnosis"] == MALIGNANT for row in rows]
    scores = [score(model, row) for row in rows]
    verdicts = [s >= 0.5 for s in scores]
    pairs = list(zip(verdicts, labels))
    tp, fp = pairs.count((True, True)), pairs.count((True, False))
    fn, tn = pairs.count((False, True)), pairs.count((False, False))
    metrics = {
        "accuracy": ratio(tp + tn, len(rows)),
        "auc": area_under_curve(scores, labels),
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "tn": tn, "fp": fp, "fn": fn, "tp": tp,
    }
    log.info("evaluated %d rows: accuracy %.3f, AUC %.3f, precision %.3f, recall %.3f",
             len(rows), *(metrics[name] for name in ("accuracy", "auc", "precision", "recall")))
    log.info("                    called benign  called malignant")
    log.info("truly benign        %13d  %16d", tn, fp)
    log.info("truly malignant     %13d  %16d", fn, tp)
    if fn:
        log.warning("missed %d of %d malignant tumours", fn, fn + tp)

    missed = [row["id"] for row, pair in zip(rows, pairs) if pair == (False, True)]
    false_alarms = [row["id"] for row, pair in zip(rows, pairs) if pair == (True, False)]
    write_json(job_path("METRICS"), metrics)
    write_json(job_path("OUTPUT") / "report.json",
               {"rows": len(rows), "missed": missed, "falseAlarms": false_alarms})


main()
