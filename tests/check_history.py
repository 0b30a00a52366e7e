#!/usr/bin/env python3
"""Judges a run from its clients' history and the exports alone: nothing acknowledged is missing,
nothing is doubled. Standard library only; shares no code with the server.

    check_history.py HISTORY.jsonl INTERVIEWS.csv ATTEMPTS.csv

HISTORY holds one JSON object a line: {"op": "submit" | "attempt", "request_id", "case_no",
"epoch", "answers": {"indicator.item": value, ...}, "outcome", "result": "ok" | "unknown" | "error",
"status": receipt status, "attempt_no", "log_pos"}. The exports are the exact dialect.
Exit 0: sound. 1: a loss or a double, named. 2: unusable input.
"""
import csv
import json
import sys


def fail(found):
    for line in found[:20]:
        print(line)
    print(f"{len(found)} faults")
    sys.exit(1)


def main():
    if len(sys.argv) != 4:
        print(__doc__)
        sys.exit(2)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            history = [json.loads(line) for line in file if line.strip()]
        with open(sys.argv[2], encoding="utf-8", newline="") as file:
            interviews = [row for row in csv.DictReader(file) if row["case_no"]]
        with open(sys.argv[3], encoding="utf-8", newline="") as file:
            attempts = list(csv.DictReader(file))
    except (OSError, ValueError, KeyError) as error:
        print(f"unusable: {error}")
        sys.exit(2)
    found = []

    # the newest word of the server on each request decides: a repeat has the same receipt
    final = {}
    for op in history:
        key = op["request_id"]
        before = final.get(key)
        if before and before["result"] == "ok" and op["result"] == "ok":
            for part in ("status", "attempt_no", "log_pos"):
                if before.get(part) != op.get(part):
                    found.append(f"request {key}: two receipts differ in {part}")
        if before is None or op["result"] == "ok":
            final[key] = op

    # log positions: an acknowledged write has one of its own
    taken = {}
    for key, op in final.items():
        if op["result"] == "ok":
            other = taken.setdefault(op["log_pos"], key)
            if other != key:
                found.append(f"requests {key} and {other} share log position {op['log_pos']}")

    by_case = {}
    for row in interviews:
        by_case.setdefault(int(row["case_no"]), []).append(row)
    dials = {}
    for row in attempts:
        place = (int(row["case_no"]), int(row["attempt_no"]), int(row["version"]))
        if place in dials:
            found.append(f"case {place[0]}: dial {place[1]} stands twice")
        dials[place] = row

    # nothing doubled: one interview a case, one dial of outcome interview
    for case_no, rows in by_case.items():
        targets = [row["target"] for row in rows]
        if len(targets) != len(set(targets)):
            found.append(f"case {case_no}: {len(rows)} interviews")
    spoken = {}
    for (case_no, number, version), row in dials.items():
        if row["outcome"] == "interview":
            spoken.setdefault(case_no, set()).add(number)
    for case_no, numbers in spoken.items():
        if len(numbers) > 1:
            found.append(f"case {case_no}: {len(numbers)} dials were an interview")

    # nothing acknowledged is missing, and it is what was said
    for key, op in final.items():
        if op["result"] != "ok" or op["status"] == "QUARANTINED":
            continue
        case_no = op["case_no"]
        if (case_no, op["attempt_no"], 1) not in dials:
            found.append(f"request {key}: dial {op['attempt_no']} of case {case_no} is missing")
            continue
        if op["op"] == "submit":
            rows = by_case.get(case_no, [])
            if not rows:
                found.append(f"request {key}: the interview of case {case_no} is missing")
                continue
            for item, value in op["answers"].items():
                if rows[0].get(item) != str(value):
                    found.append(f"request {key}: case {case_no}: {item} is {rows[0].get(item)}, said {value}")
        elif dials[(case_no, op["attempt_no"], 1)]["outcome"] != op["outcome"]:
            found.append(f"request {key}: case {case_no}: another outcome is stored")

    # nothing stored that nobody sent
    sent = {(op["op"], op["case_no"]) for op in history}
    for case_no in by_case:
        if ("submit", case_no) not in sent:
            found.append(f"case {case_no}: an interview that nobody sent")
    per_case = {}
    for op in final.values():
        if op["result"] != "error":
            per_case[op["case_no"]] = per_case.get(op["case_no"], 0) + 1
    stored = {}
    for case_no, number, _ in dials:
        stored.setdefault(case_no, set()).add(number)
    for case_no, numbers in stored.items():
        if len(numbers) > per_case.get(case_no, 0):
            found.append(f"case {case_no}: {len(numbers)} dials stored, {per_case.get(case_no, 0)} sent")

    if found:
        fail(found)
    acked = sum(1 for op in final.values() if op["result"] == "ok")
    print(f"sound: {len(final)} requests, {acked} acknowledged, {len(interviews)} interviews, "
          f"{len(dials)} dials")


main()
