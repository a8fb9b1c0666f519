#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the shape of the house: who imports whom, and what swift format does not see.

Usage: house.py [FOLDER]. One line a finding, FILE:LINE: what is wrong; exit 1 if there are any.
A new arrow is a new word in ROOMS, in a commit of its own.
"""
import re
import subprocess
import sys
from pathlib import Path

# Each room, and all that it may import: our own rooms below it, then packages.
ROOMS = {
    "CHashing": "",
    "CLinux": "",
    "LMDB": "CLMDB",
    "LMDBWriting": "LMDB CLMDB",
    "LedgerDomain": "",
    "LedgerCodec": "LedgerDomain",
    "Transparency": "CHashing Crypto",
    "LedgerReading": "LMDB LedgerCodec LedgerDomain Transparency CLinux Crypto SystemPackage",
    "LedgerStorage": "LedgerReading LMDB LMDBWriting LedgerCodec LedgerDomain Transparency CLinux"
                     " Crypto SystemPackage",
    "LedgerAudit": "LedgerReading LMDB LedgerCodec LedgerDomain Transparency CLinux Crypto"
                   " SystemPackage",
    "LedgerSQLite": "LedgerAudit LedgerReading LedgerCodec LedgerDomain Transparency CSQLite",
    "LedgerStatistics": "LedgerCodec LedgerDomain CExpat CZlib",
    "LedgerRunner": "LedgerStorage LedgerReading LedgerStatistics LedgerCodec LedgerDomain Transparency"
                    " CLinux Crypto SystemPackage Yams",
    "LedgerConsole": "LedgerAudit LedgerReading LedgerCodec LedgerDomain CLinux ArgumentParser"
                     " SystemPackage",
    "jobledger": "LedgerConsole LedgerRunner LedgerStorage LedgerAudit LedgerReading LedgerCodec"
                 " LedgerDomain Transparency CLinux ArgumentParser SystemPackage Yams",
    "replay": "LedgerConsole LedgerAudit LedgerSQLite LedgerReading LedgerCodec LedgerDomain CLinux"
              " ArgumentParser SystemPackage",
}

# What belongs to the language, not to a machine: any room may import these.
LANGUAGE = {"Synchronization", "Builtin"}

# The operating system: for every room but those that must stay pure.
SYSTEM = {"Glibc", "Dispatch"}
PURE = {"LedgerDomain", "LedgerCodec", "Transparency"}

# Foundation enters only here.
FOUNDATION = {"Foundation", "FoundationEssentials", "FoundationNetworking", "FoundationXML"}
FOUNDATION_ROOMS = set()

# The promise behind the table: whoever reads can never reach what writes.
READERS = ("LedgerReading", "LedgerAudit", "LedgerSQLite", "LedgerConsole", "replay")
WRITERS = {"LedgerStorage", "LMDBWriting", "LedgerRunner"}

# What makes a type a command of ArgumentParser, besides our own protocols above these.
COMMAND_PROTOCOLS = {"ParsableCommand", "AsyncParsableCommand"}
DECLARATION = re.compile(
    r"^( *)(?:@\w+ |\w+ )*?(protocol|struct|class|enum|extension) +(\w+)[^{:\n]*:([^{]*)\{", re.M)

IMPORT = re.compile(
    r"^\s*((?:@\w+(?:\([^)]*\))?\s+)*)(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+)")


def sources(top):
    """The Swift files under Sources/ and tools/replay/ with the room each is in."""
    listed = subprocess.run(
        ["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
         "Sources", "tools/replay"], capture_output=True, text=True, check=True)
    for name in sorted(set(listed.stdout.split("\0"))):
        path = Path(top, name)
        if name.endswith(".swift") and path.exists():
            yield name, Path(name).parts[1], path.read_text(encoding="utf-8").splitlines()


def allowed(room):
    names = set(ROOMS[room].split()) | LANGUAGE
    names |= set() if room in PURE else SYSTEM
    return names | (FOUNDATION if room in FOUNDATION_ROOMS else set())


def table_findings():
    """The table itself must keep readers away from writers, over any number of arrows."""
    for reader in READERS:
        reached, waiting = set(), [reader]
        while waiting:
            room = waiting.pop()
            if room not in reached:
                reached.add(room)
                waiting += ROOMS.get(room, "").split()
        for writer in sorted(reached & WRITERS):
            yield f"tools/checks/house.py:1: {reader} reaches {writer}: readers never write"


def import_findings(name, room, lines):
    if room not in ROOMS:
        yield f"{name}:1: {room} is no room of the table in tools/checks/house.py"
        return
    for number, line in enumerate(lines, 1):
        match = IMPORT.match(line)
        if not match or match[2] == room:
            continue
        attributes, module = match.groups()
        if "@_exported" in attributes:
            yield f"{name}:{number}: @_exported import hides an arrow"
        if "@testable" in attributes:
            yield f"{name}:{number}: @testable import outside tests"
        if module not in allowed(room):
            yield f"{name}:{number}: {room} must not import {module}"


def documentation_findings(name, lines):
    """Public declarations that swift format's documentation rule does not look at."""
    protocol_indent = enum_indent = None
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        words = line.split("//")[0]
        if re.match(r"\s*(@\w+\s+)*public\s+protocol\b", words) and "}" not in words:
            protocol_indent = indent
            continue
        if re.match(r"\s*(@\w+\s+)*public\s+(indirect\s+)?enum\b", words) and "}" not in words:
            enum_indent = indent
            continue
        if words.strip() == "}":
            protocol_indent = None if indent == protocol_indent else protocol_indent
            enum_indent = None if indent == enum_indent else enum_indent
        requirement = (
            protocol_indent is not None and indent == protocol_indent + 2
            and re.match(r"\s*(@\w+\s+)*((static|mutating|consuming|borrowing)\s+)*"
                         r"(func|var|init|subscript|associatedtype)\b", words))
        case = (
            enum_indent is not None and indent == enum_indent + 2
            and re.match(r"\s*(@\w+\s+)*(indirect\s+)?case\b", words))
        opened = re.match(r"\s*(@\w+(\(.*?\))?\s+)*(override\s+)?open\s+\w", words)
        if (requirement or case or opened) and not documented(lines, number - 1):
            yield f"{name}:{number}: undocumented public declaration: {words.strip()}"


def documented(lines, index):
    """Whether the nearest line above that is no attribute is a documentation comment."""
    while index > 0:
        above = lines[index - 1].strip()
        if not above.startswith("@"):
            return above.startswith("///")
        index -= 1
    return False


def command_findings(files):
    """Commands without a name of their own. ArgumentParser would derive one from the type's name,
    by Foundation's regular expressions, at every start of the program."""
    declarations = []
    for name, _, lines in files:
        text = "\n".join(lines)
        for found in DECLARATION.finditer(text):
            body = text[found.end():]
            end = re.match(r"\s*\}", body) or re.search(rf"^{found[1]}\}}", body, re.M)
            declarations.append(
                (name, text.count("\n", 0, found.start(2)) + 1, found[2], found[3],
                 set(re.findall(r"\w+", found[4])), body[:end.start()] if end else body))
    commands, known = set(COMMAND_PROTOCOLS), None
    while known != commands:
        known = set(commands)
        commands |= {kind for _, _, word, kind, parents, _ in declarations
                     if word == "protocol" and parents & commands}
    for name, number, word, kind, parents, body in declarations:
        if word != "protocol" and parents & commands and not re.search(r"\bcommandName:", body):
            yield f"{name}:{number}: the command {kind} has no commandName of its own"


def clock_findings(name, lines):
    """Timed waits by the wall clock, which take as much longer as that is set back."""
    text = "\n".join(lines)
    for number, line in enumerate(lines, 1):
        waits = re.search(r"\b(pthread_cond_timedwait|sem_timedwait|pthread_mutex_timedlock)\(", line)
        if waits and "pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)" not in text:
            yield f"{name}:{number}: {waits[1]} waits by the wall clock: wait by the monotonic one"


def licence_findings(name, lines):
    if not lines or lines[0] != "// SPDX-License-Identifier: Apache-2.0":
        yield f"{name}:1: the first line names the licence: // SPDX-License-Identifier: Apache-2.0"


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else "."
    findings = list(table_findings())
    files = list(sources(top))
    findings += command_findings(files)
    for name, room, lines in files:
        findings += import_findings(name, room, lines)
        findings += documentation_findings(name, lines)
        findings += clock_findings(name, lines)
        findings += licence_findings(name, lines)
    if not files:
        findings.append(f"{top}: no Swift file found, so nothing was checked")
    print("\n".join(findings), end="\n" if findings else "")
    sys.exit(1 if findings else 0)


main()
