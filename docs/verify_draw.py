#!/usr/bin/env python3
"""Checks the evidence of a draw, independently of canvass: python3 docs/verify_draw.py DIR

DIR holds frame.csv, design.json, seed.txt and sample.csv. From the frame, the rule (rate, lo, hi)
and the sources line it derives the allocations, the seed and the sample anew, and compares every
byte. Exit code 0: all agrees; 1: it names file and line; 2: called wrongly.
"""
import hashlib, json, os, re, sys, unicodedata  # noqa: E401
from fractions import Fraction
from math import ceil

INVISIBLE = "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
BAD = re.compile('[,"|\x00-\x1f\x7f-\x9f%s]' % INVISIBLE)
HEX = "[0-9A-Fa-f]+"
SOURCE = "dice:[0-9]{20,}|beacon:[A-Za-z0-9._-]+/[0-9]+/%s|nonce:%s|demo:[0-9]+" % (HEX, HEX)


class Wrong(Exception):
    """The evidence does not hold; the text names file and line."""


def need(condition, file, line, why):
    if not condition:
        raise Wrong("%s line %d: %s" % (file, line, why))


def lines_of(file, data):
    """The lines of a file, which must be UTF-8 and end in a line end."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Wrong("%s line %d: not UTF-8" % (file, 1 + data[: error.start].count(b"\n")))
    lines = text.split("\n")
    need(lines[-1] == "", file, len(lines), "the last line has no line end")
    return lines[:-1]


def clean(key):
    plain = not BAD.search(key) and key.strip() == key and unicodedata.is_normalized("NFKC", key)
    return plain and 0 < len(key.encode()) <= 200


def read_frame(data):
    """{stratum: [unit, …]} of a canonical frame.csv."""
    lines = lines_of("frame.csv", data)
    need(lines and lines[0] == "stratum,unit", "frame.csv", 1, "the header is not stratum,unit")
    need(len(lines) > 1, "frame.csv", 2, "there are no units")
    strata, before = {}, b""
    for number, line in enumerate(lines[1:], 2):
        stratum, comma, unit = line.partition(",")
        need(comma, "frame.csv", number, "there is no comma")
        need(clean(stratum) and clean(unit), "frame.csv", number, "a key is not clean")
        need(before < line.encode(), "frame.csv", number, "not after the line above it")
        before = line.encode()
        strata.setdefault(stratum, []).append(unit)
    return strata


def allocate(size, rate, lo, hi):
    n = min(size, max(lo, min(hi, ceil(rate * size))))
    flag = "census_below_minimum" if size < lo else "census" if n == size else ""
    reserves = min(size - n, n)
    return {"N": size, "n": n, "reserves": reserves, "replicate_size": -(-n // 4), "flag": flag}


def derive_design(design, frame_bytes, strata):
    """design.json as it must be, from its rate, lo and hi and the frame."""
    rate, lo, hi = design.get("rate"), design.get("lo"), design.get("hi")
    canonical = isinstance(rate, str) and re.fullmatch(r"1|0(\.[0-9]{0,8}[1-9])?", rate)
    need(canonical, "design.json", 1, "rate is not a plain decimal from 0 to 1")
    whole = type(lo) is int and type(hi) is int
    need(whole and 1 <= lo <= hi < 2**32, "design.json", 1, "lo and hi are not 1 <= lo <= hi")
    plans = {name: allocate(len(u), Fraction(rate), lo, hi) for name, u in strata.items()}
    hashed = hashlib.sha256(frame_bytes).hexdigest()
    right = {"algorithm": 1, "frame_sha256": hashed, "hi": hi, "lo": lo, "rate": rate}
    return right | {"method": "srs_stratified", "strata": plans}


def check_design(data, frame_bytes, strata):
    try:
        design = json.loads("\n".join(lines_of("design.json", data)))
    except ValueError:
        raise Wrong("design.json line 1: not JSON")
    need(isinstance(design, dict), "design.json", 1, "not an object")
    right = derive_design(design, frame_bytes, strata)
    for name, value in right.items():
        need(design.get(name) == value, "design.json", 1, "%s is not what frame.csv gives" % name)
    text = json.dumps(right, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    need(data == text.encode(), "design.json", 1, "not the canonical bytes")
    return right


def check_seed(data):
    lines = lines_of("seed.txt", data)
    need(len(lines) == 2, "seed.txt", min(len(lines) + 1, 3), "there must be two lines")
    seed, sources = lines
    good = len(sources.encode()) <= 4096 and all(re.fullmatch(SOURCE, s) for s in sources.split(";"))
    need(good, "seed.txt", 2, "not a line of sources")
    derived = hashlib.sha256(sources.encode()).hexdigest()
    need(seed == derived, "seed.txt", 1, "not the SHA-256 of line 2")
    return seed


def sample_lines(strata, design, seed):
    yield "stratum,unit,rank,role,replicate,ticket"
    for name in sorted(strata, key=str.encode):
        plan = design["strata"][name]
        tickets = sorted(
            (hashlib.sha256(("%s|%s|%s" % (seed, name, unit)).encode()).hexdigest(), unit.encode())
            for unit in strata[name]
        )
        for rank, (ticket, unit) in enumerate(tickets[: plan["n"] + plan["reserves"]], 1):
            reserve = rank - plan["n"]
            role = "reserve" if reserve > 0 else "main"
            replicate = -(-reserve // plan["replicate_size"]) if reserve > 0 else 0
            yield "%s,%s,%d,%s,%d,%s" % (name, unit.decode(), rank, role, replicate, ticket)


def check_sample(data, expected):
    found = lines_of("sample.csv", data)
    for number, line in enumerate(expected, 1):
        have = found[number - 1] if number <= len(found) else None
        need(have == line, "sample.csv", number, "must be %s" % line)
    need(len(found) == number, "sample.csv", number + 1, "one line too many")
    return number - 1


def main(arguments):
    if len(arguments) != 1:
        print("usage: verify_draw.py DIR", file=sys.stderr)
        return 2
    data = {}
    try:
        for file in ("frame.csv", "design.json", "seed.txt", "sample.csv"):
            with open(os.path.join(arguments[0], file), "rb") as stream:
                data[file] = stream.read()
        strata = read_frame(data["frame.csv"])
        design = check_design(data["design.json"], data["frame.csv"], strata)
        seed = check_seed(data["seed.txt"])
        sampled = check_sample(data["sample.csv"], sample_lines(strata, design, seed))
    except (Wrong, OSError) as error:
        print(error)
        return 1
    units = sum(len(units) for units in strata.values())
    print("ok: %d strata, %d units, %d sampled" % (len(strata), units, sampled))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
