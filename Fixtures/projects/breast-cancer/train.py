# SPDX-License-Identifier: Apache-2.0
"""Trains a logistic regression by gradient descent, with nothing but Python's standard library."""
import json
import math
import random
from operator import mul
from statistics import fmean, pstdev

from tumour import (
    MALIGNANT, feature_names, job_path, log, numbers, probability, read_rows, scaled, write_json)


def standardisation(rows):
    """The features' names, means and deviations: the part of the model that the data decide."""
    names = feature_names(rows)
    columns = list(zip(*(numbers(row, names) for row in rows)))
    return {
        "features": names,
        "mean": [fmean(column) for column in columns],
        "deviation": [pstdev(column) or 1.0 for column in columns],
    }


def cross_entropy(predicted, actual):
    tiny = 1e-12
    return -fmean(math.log(max(p if y else 1 - p, tiny)) for p, y in zip(predicted, actual))


def descend(samples, labels, epochs, learningRate, l2, seed):
    """Full-batch gradient descent from seeded random weights; the weights, the bias, all losses."""
    chance = random.Random(seed)
    weights = [chance.gauss(0, 1) for _ in samples[0]]
    bias = 0.0
    columns = list(zip(*samples))
    losses = []
    for epoch in range(1, epochs + 1):
        predicted = [probability(weights, bias, sample) for sample in samples]
        losses.append(cross_entropy(predicted, labels))
        errors = [p - y for p, y in zip(predicted, labels)]
        gradient = [sum(map(mul, errors, column)) / len(samples) for column in columns]
        weights = [w - learningRate * (g + l2 * w) for w, g in zip(weights, gradient)]
        bias -= learningRate * fmean(errors)
        if epoch % max(1, epochs // 20) == 0 or epoch == epochs:
            print(f"::progress {epoch}/{epochs} epochs", flush=True)
        if epoch % max(1, epochs // 8) == 0:
            log.info("epoch %d: loss %.4f", epoch, losses[-1])
    return weights, bias, losses


def main():
    parameters = json.loads(job_path("PARAMETERS").read_text())
    rows = read_rows(job_path("INPUT_TRAIN"))
    labels = [int(row["diagnosis"] == MALIGNANT) for row in rows]
    model = standardisation(rows)
    log.info("read %d rows of %d features, %d of them malignant",
             len(rows), len(model["features"]), sum(labels))
    log.info("parameters: %s", ", ".join(f"{k} = {v}" for k, v in sorted(parameters.items())))

    samples = [scaled(model, row) for row in rows]
    weights, bias, losses = descend(samples, labels, **parameters)
    model |= {"weights": weights, "bias": bias}

    right = sum((probability(weights, bias, x) >= 0.5) == y for x, y in zip(samples, labels))
    accuracy = right / len(rows)
    if len(losses) > 1 and losses[-1] < 0.995 * losses[-2]:
        log.warning("stopped while the loss was still falling: "
                    "give it more epochs or a higher learningRate")
    log.info("accuracy on the training rows: %.3f", accuracy)

    write_json(job_path("OUTPUT") / "model.json", model)
    write_json(job_path("METRICS"),
               {"trainAccuracy": accuracy, "trainLoss": losses[-1], "epochs": len(losses)})


main()
