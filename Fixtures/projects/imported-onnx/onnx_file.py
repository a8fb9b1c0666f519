# SPDX-License-Identifier: Apache-2.0
"""Scores with a small part of ONNX, read with nothing but the standard library.

A Scaler followed by a LinearClassifier, as skl2onnx writes a standardised logistic regression.
What it does not know it refuses; it never guesses. For any other model, use onnxruntime.
Field numbers are those of onnx.proto3; the wire format is protobuf's.
"""
import math
import struct


def fields(data):
    """The fields of a protobuf message, in order: (number, int or bytes)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            yield number, varint()
            continue
        size = {1: lambda: 8, 2: varint, 5: lambda: 4}[wire]()
        if at + size > len(data):
            raise ValueError("the file ends within a field")
        yield number, data[at:at + size]
        at += size


def attribute(data):
    """An AttributeProto as (name, value): a list of floats, a list of words, or a word."""
    name, floats, strings, word = "", [], [], None
    for number, value in fields(data):
        if number == 1:
            name = value.decode()
        elif number == 4:
            word = value.decode()
        elif number == 7:                                # packed, or one at a time
            floats += [x for (x,) in struct.iter_unpack("<f", value)]
        elif number == 9:
            strings.append(value.decode())
    return name, word or strings or floats


class Model:
    """An ONNX file that can score rows: `probability(row)` is that of the class `M`."""

    def __init__(self, path):
        with open(path, "rb") as file:
            graph = dict(fields(file.read()))[7]
        nodes = {}
        for number, node in fields(graph):
            if number == 1:
                parts = list(fields(node))
                kind = next(value.decode() for number, value in parts if number == 4)
                nodes[kind] = dict(attribute(value) for number, value in parts if number == 5)
        if list(nodes) != ["Scaler", "LinearClassifier"]:
            raise ValueError(f"a graph of {', '.join(nodes)} is not known here")
        self.offset, self.scale = nodes["Scaler"]["offset"], nodes["Scaler"]["scale"]
        classifier = nodes["LinearClassifier"]
        if classifier["post_transform"] != "LOGISTIC":
            raise ValueError("only logistic regressions are known here")
        row = classifier["classlabels_strings"].index("M")
        width = len(self.offset)
        self.weights = classifier["coefficients"][row * width:(row + 1) * width]
        self.intercept = classifier["intercepts"][row]

    # The graph has one input, a matrix: the order of its columns is known to whoever made it.
    features = ["radius_mean", "texture_mean", "concave_points_mean", "area_worst",
                "smoothness_worst"]

    def probability(self, row):
        scaled = [(float(row[name]) - offset) * scale
                  for name, offset, scale in zip(self.features, self.offset, self.scale)]
        return 1 / (1 + math.exp(-self.intercept - sum(
            w * x for w, x in zip(self.weights, scaled))))
