#!/usr/bin/env python3
"""Judges a run from its clients' history and the exports alone: nothing acknowledged is missing,
nothing is doubled. Standard library only; shares no code with the server.

    check_history.py HISTORY.jsonl INTERVIEWS.csv ATTEMPTS.csv [SURVEY [QUARANTINE.jsonl]]

HISTORY holds one JSON object a line: {"op": "submit" | "attempt" | "mend", "request_id", "case_no",
"epoch", "answers": {"indicator.item": value, ...}, "outcome", "result": "ok" | "unknown" | "error",
"status": receipt status, "code", "attempt_no", "version", "log_pos"} ("mend": a dial corrected; "invoke" of a drill's history: sent), and of drafts {"op": "save", "case_no",
"result", "answers"}; other ops are passed over. SURVEY keeps the lines of one "survey" number, as
in the client-log.jsonl of the demo; - keeps all. QUARANTINE lists what the server keeps aside, one
{"quarantine_no", "kind", "case_no", "epoch"} a line: whatever was acknowledged as QUARANTINED must be
there. The exports are the exact dialect.
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
    if len(sys.argv) not in (4, 5, 6):
        print(__doc__)
        sys.exit(2)
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.strip()]
        with open(sys.argv[2], encoding="utf-8", newline="") as file:
            interviews = [row for row in csv.DictReader(file) if row["case_no"]]
        with open(sys.argv[3], encoding="utf-8", newline="") as file:
            attempts = list(csv.DictReader(file))
        kept = None
        if len(sys.argv) == 6:
            with open(sys.argv[5], encoding="utf-8") as file:
                kept = [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError, KeyError) as error:
        print(f"unusable: {error}")
        sys.exit(2)
    if len(sys.argv) > 4 and sys.argv[4] != "-":
        lines = [op for op in lines if str(op.get("survey")) == sys.argv[4]]
    # a drill also writes down when it sends: what has no answer after it may have happened
    sent = {}
    for op in lines:
        if op.get("result") == "invoke":
            sent[op.get("request_id"), op.get("seat")] = op
        else:
            sent.pop((op.get("request_id"), op.get("seat")), None)
    lines = [op for op in lines if op.get("result") != "invoke"]
    lines += [{**op, "result": "unknown"} for op in sent.values()]
    history = [op for op in lines if op["op"] in ("submit", "attempt", "mend")]
    if not history:
        print("unusable: no interview and no dial in the history")
        sys.exit(2)
    drafts = {op["case_no"]: op["answers"] for op in lines
              if op["op"] == "save" and op["result"] == "ok"}
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

    aside = [(key, op) for key, op in final.items()
             if op["result"] == "ok" and op["status"] == "QUARANTINED"]
    if kept is not None:
        places = {row["quarantine_no"]: row for row in kept}
        if len(places) != len(kept):
            found.append("the quarantine has a number twice")
        for key, op in aside:
            row = places.get(op["quarantine_no"])
            if row is None:
                found.append(f"request {key}: what was kept aside is missing")
            elif (row["case_no"], row["epoch"]) != (op["case_no"], op["epoch"]):
                found.append(f"request {key}: another case was kept aside")

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

    def compare(what, case_no, answers):
        row = by_case[case_no][0]
        for item, value in answers.items():
            if row.get(item) != str(value):
                found.append(f"{what}: case {case_no}: {item} is {row.get(item)}, said {value}")

    # nothing acknowledged is missing, and it is what was said
    partial = set()
    for key, op in final.items():
        if op["result"] != "ok" or op["status"] == "QUARANTINED":
            continue
        case_no = op["case_no"]
        dial = dials.get((case_no, op["attempt_no"], op["version"] if op["op"] == "mend" else 1))
        if dial is None:
            found.append(f"request {key}: dial {op['attempt_no']} of case {case_no} is missing")
            continue
        if op["op"] != "submit" and dial["outcome"] != op["outcome"]:
            found.append(f"request {key}: case {case_no}: another outcome is stored")
        # a dial broken off with enough answers is an interview too: that of the last draft
        if op["op"] == "submit" or op.get("code") == "1.2":
            if op["op"] == "attempt":
                partial.add(case_no)
            if case_no not in by_case:
                found.append(f"request {key}: the interview of case {case_no} is missing")
            else:
                said = op["answers"] if op["op"] == "submit" else drafts.get(case_no, {})
                compare(f"request {key}", case_no, said)

    # nothing stored that nobody sent
    sent = {(op["op"], op["case_no"]) for op in history}
    for case_no, rows in by_case.items():
        if ("submit", case_no) in sent or case_no in partial:
            continue
        # the close of a survey makes a partial interview of a draft that was left
        if rows[0]["outcome"] == "1.2" and case_no in drafts:
            compare("at close", case_no, drafts[case_no])
        else:
            found.append(f"case {case_no}: an interview that nobody sent")
    per_case = {}
    for op in final.values():
        if op["result"] != "error" and op["op"] != "mend":
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
          f"{len(dials)} dials, {len(aside)} kept aside" + (" (not judged)" if aside and kept is None else ""))


main()
