# SPDX-License-Identifier: Apache-2.0
"""Scores with a small part of PMML 4: classifying trees and logistic regressions of two classes.

What it does not know it refuses; it never guesses. Missing values, segments, other links and
functions, and transformations in the model itself are among what it does not know.
"""
import math
import operator
import xml.etree.ElementTree as ElementTree

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARISONS = {
    "lessOrEqual": operator.le, "lessThan": operator.lt, "greaterOrEqual": operator.ge,
    "greaterThan": operator.gt, "equal": operator.eq, "notEqual": operator.ne,
}


class Model:
    """A PMML file that can score rows: `probability(row)` is that of the class `M`."""

    def __init__(self, path):
        self.root = ElementTree.parse(path).getroot()
        for element in self.root.iter():
            element.tag = element.tag.rpartition("}")[2]
        self.derived = {field.get("name"): field[0] for field in self.root.iter("DerivedField")}
        self.regression = self.root.find("RegressionModel")
        self.tree = self.root.find("TreeModel")
        if (self.regression is None) == (self.tree is None):
            raise ValueError(f"{path} holds neither one regression nor one tree")
        self.features = [field.get("name") for field in self.root.iter("MiningField")
                         if field.get("usageType", "active") == "active"]

    def probability(self, row, category="M"):
        if self.tree is not None:
            return self.leaf(self.tree.find("Node"), row, category)
        if self.regression.get("normalizationMethod") not in ("logit", "softmax"):
            raise ValueError("only logistic regressions are known here")
        sums = {table.get("targetCategory"): self.weighted(table, row)
                for table in self.regression.iter("RegressionTable")}
        (other,) = set(sums) - {category}
        # Of two classes the one without predictors is the reference, whose sum is 0.
        return 1 / (1 + math.exp(sums[other] - sums[category]))

    def weighted(self, table, row):
        for term in table:
            if term.tag != "NumericPredictor" or term.get("exponent", "1") != "1":
                raise ValueError(f"a {term.tag} is not known here")
        return float(table.get("intercept")) + sum(
            float(term.get("coefficient")) * self.value(term.get("name"), row) for term in table)

    def value(self, name, row):
        return self.evaluate(self.derived[name], row) if name in self.derived else float(row[name])

    def evaluate(self, term, row):
        if term.tag == "FieldRef":
            return self.value(term.get("field"), row)
        if term.tag == "Constant":
            return float(term.text)
        if term.tag == "Apply":
            left, right = (self.evaluate(part, row) for part in term)
            return ARITHMETIC[term.get("function")](left, right)
        raise ValueError(f"a {term.tag} is not known here")

    def leaf(self, node, row, category):
        for child in node.findall("Node"):
            if self.holds(child, row):
                return self.leaf(child, row, category)
        shares = {share.get("value"): float(share.get("recordCount"))
                  for share in node.findall("ScoreDistribution")}
        return shares.get(category, 0.0) / sum(shares.values())

    def holds(self, node, row):
        test = node.find("SimplePredicate")
        if test is None:
            return node.find("True") is not None
        value = self.value(test.get("field"), row)
        return COMPARISONS[test.get("operator")](value, float(test.get("value")))
