#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints Sources/LedgerReading/Words/FoldingData.swift from Python's Unicode data.

Run once: what the file says is in the word index of every ledger. Python 3.11 has Unicode 14.0.
"""
import sys
import unicodedata as data

HANGUL = range(0xAC00, 0xD7A4)
VARIATION = [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x180B, 0x180C, 0x180D, 0x180F]


def kind(code):
    """`-` parts words, `.` is left out of them, a number is the order of a mark that is kept."""
    category, order = data.category(chr(code)), data.combining(chr(code))
    if code == 0x200B:
        return "-"
    if category == "Cf" or code in VARIATION or code == 0x34F:
        return "."
    if category[0] in "PSZ" or category in ("Cc", "Co", "Cs"):
        return "-"
    if order == 1 or 10 <= order <= 36 or order >= 200:
        return "."
    return str(order) if order else ""


def folded(code):
    """Decomposed, without the marks that are left out, its case folded."""
    kept = [c for c in data.normalize("NFD", chr(code)) if kind(ord(c)) != "."]
    full = data.normalize("NFD", "".join(c.casefold() for c in kept))
    return [ord(c) for c in full if kind(ord(c)) != "."]


def kinds():
    runs = []
    for code in range(0x80, 0x110000):
        if not runs or runs[-1][1] != kind(code):
            runs.append((code, kind(code)))
    return [f"{code:X}{'=' + name if name else ''}" for code, name in runs]


def foldings():
    entries = []
    for code in range(0x80, 0x110000):
        if code in HANGUL or kind(code) in ("-", "."):
            continue
        to = folded(code)
        if to != [code]:
            entries.append((code, to))
    words, index = [], 0
    while index < len(entries):
        code, to = entries[index]
        count, stride = 1, 0
        if len(to) == 1:
            for stride in (1, 2):
                count = 1
                while index + count < len(entries) and entries[index + count] == (
                    code + count * stride,
                    [to[0] + count * stride],
                ):
                    count += 1
                if count > 2:
                    break
            else:
                count = 1
        head = f"{code:X}" + (f"/{count:X}/{stride}" if count > 1 else "")
        words.append(head + "=" + "+".join(f"{c:X}" for c in to))
        index += count
    return words


def literal(name, summary, words):
    lines, line = [], " "
    for word in words:
        if len(line) + 1 + len(word) > 94:
            lines.append(line)
            line = " "
        line += " " + word
    lines.append(line)
    body = " \\\n".join("  " + text for text in lines)
    return f'  /// {summary}\n  static let {name} = """\n{body}\n    """\n'


print(f"""// SPDX-License-Identifier: Apache-2.0

/// How words are folded, as Unicode {data.unidata_version} has it; printed by `tools/checks/folding.py`.
///
/// A table of our own, never changed: the entries of the word index are made with it, and another
/// version of Unicode, or of the standard library, must not find other words in the same text.
enum FoldingData {{""")
print(
    literal(
        "kinds",
        "Where scalars of another kind begin: `-` parts words, `.` is left out, a number is the\n"
        "  /// canonical order of a mark that is kept, none is a letter.",
        kinds(),
    )
)
print(
    literal(
        "foldings",
        "A scalar, or so many with a stride, and what becomes of it.",
        foldings(),
    ).rstrip()
)
print("}")
