#!/usr/bin/env python3
"""Recomputes every score of a survey from its respondent-level export alone.

    python3 docs/reanalyse.py interviews.csv               prints the scores as CSV
    python3 docs/reanalyse.py interviews.csv scores.csv    compares: exit 0 when every byte agrees,
                                                           1 naming row and column when not,
                                                           2 when a file cannot be used

Both files come from `canvass export --exact`; the ordinary form (BOM, formula guard) is read too.
Python standard library only, and nothing shared with canvass: the formulas are written down again
from docs/methodology.md, so that an error in one of the two shows as a difference.

The score of a target is the mean of its indicator means x 10, an exact fraction, printed half up
with two places. With n valid interviews of N units, n_k answers and mean m_k of indicator k of K,

    z_i = (1/K) sum over answered k of (n / n_k)(y_ik - m_k)
    SE  = 10 sqrt((1 - n/N) s^2 / n),   s^2 = sum z_i^2 / (n - 1)

and the interval is mean +- t(0.975, n - 1) SE, cut to 0..100. n = N has no error. Where all z are
0, s^2 and its degrees of freedom are those of all targets with two or more interviews together.
"""
import csv
import io
import math
import sys
from fractions import Fraction

BEFORE = 15  # columns in front of the answers
AFTER = 9  # columns behind them
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "target class n N mean se se_basis ci_low ci_high tier points tier_best tier_worst status "
    "reason interim log_pos scheme exact_mean questionnaire software suppress_below"
).split()


class Unusable(Exception):
    """A file that cannot be used."""


def read(path):
    """The rows of a CSV file and whether it is the guarded form."""
    with open(path, "rb") as file:
        raw = file.read()
    guarded = raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    if guarded:
        rows = [[c[1:] if c[:1] == "'" and c[1:2] in FORMULA else c for c in row] for row in rows]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise Unusable(f"{path}: no header, or rows of different length")
    return raw, guarded, rows


def answer_columns(head):
    """The columns of each indicator, in order; open answers (verbatim:...) are left alone."""
    indicators = {}
    for at, name in enumerate(head[BEFORE : len(head) - AFTER], BEFORE):
        if not name.startswith("verbatim:"):
            indicators.setdefault(name.split(".")[0], []).append(at)
    return list(indicators.values())


def values(row, indicators):
    """One value an indicator: the mean of its answered items, or None."""
    result = []
    for columns in indicators:
        given = [Fraction(row[at]) for at in columns if row[at] not in ("", "dk", "refused")]
        if any(not 0 <= value <= 10 for value in given):
            raise Unusable(f"case {row[10]}: an answer outside the scale")
        result.append(sum(given) / len(given) if given else None)
    return result


def targets(rows):
    """{(target, class): (a row of it, its counted interviews)}, and the number of indicators."""
    head, indicators, found = rows[0], answer_columns(rows[0]), {}
    flag = {"true": True, "false": False}
    for row in rows[1:]:
        cell = dict(zip(head, row))
        _, interviews = found.setdefault((cell["target"], cell["class"]), (cell, []))
        if cell["case_no"] == "":
            continue
        given = values(row, indicators)
        answered = sum(value is not None for value in given)
        if flag[cell["valid"]] != (answered > 0 and 2 * answered >= len(indicators)):
            raise Unusable(f"case {cell['case_no']}: valid is {cell['valid']}, the answers differ")
        if flag[cell["valid"]] and not flag[cell["over_quota"]]:
            interviews.append(given)
    return found, len(indicators)


def estimate(interviews, width):
    """The exact score and sum z_i^2; None, None where an indicator has no answer."""
    n = len(interviews)
    counts, means = [], []
    for k in range(width):
        given = [one[k] for one in interviews if one[k] is not None]
        if not given:
            return None, None
        counts.append(len(given))
        means.append(sum(given) / len(given))
    squares = Fraction(0)
    for one in interviews:
        z = sum(
            (n * (one[k] - means[k]) / counts[k] for k in range(width) if one[k] is not None),
            Fraction(0),
        )
        squares += (z / width) ** 2
    return 10 * sum(means) / width, squares


def within(t, df):
    """P(|T| <= t) for Student's t with df degrees of freedom, by its finite sum
    (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(df))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = df % 2
    term = total = math.cos(angle) if odd else 1.0
    if df == 1:
        return 2 * angle / math.pi
    for j in range(1 + odd, df - 1, 2):
        term *= square * j / (j + 1)
        total += term
        if term < 1e-18:
            break
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


KNOWN = {}


def quantile(df):
    """t(0.975, df), by bisection."""
    if df not in KNOWN:
        low, high = 0.0, 16.0
        while high - low > 1e-15 * high:
            middle = (low + high) / 2
            if middle in (low, high):
                break
            low, high = (middle, high) if within(middle, df) < 0.95 else (low, middle)
        KNOWN[df] = (low + high) / 2
    return KNOWN[df]


def half_up(value, places):
    """A number as a whole number of 10^-places."""
    if isinstance(value, Fraction):
        return math.floor(value * 10**places + Fraction(1, 2))
    return math.floor(value * 10.0**places + 0.5)


def printed(scaled, places):
    """A whole number of 10^-places as a decimal."""
    unit = 10**places
    return "" if scaled is None else f"{scaled // unit}.{scaled % unit:0{places}d}"


def spread(mean, squares, n, units, pooled):
    """(basis, se, low, high) on 0..100; the last three None where there is no error to give."""
    if mean is None:
        return "none", None, None, None
    if n >= units:
        return "census", 0.0, mean, mean  # exact: both ends are the score itself
    if n >= 2 and squares > 0:
        basis, variance, df = "own", squares / (n - 1), n - 1
    elif n >= 2 and pooled[1] > 0:
        basis, variance, df = "pooled", pooled[0], pooled[1]
    else:
        return "none", None, None, None
    se = math.sqrt(float(100 * Fraction(units - n, units) * variance / n))
    half = quantile(df) * se
    return basis, se, max(0.0, float(mean) - half), min(100.0, float(mean) + half)


def pool(estimates):
    """s^2 of all targets with two or more interviews, and its degrees of freedom."""
    used = [(n, squares) for n, _, squares in estimates if n >= 2 and squares is not None]
    df = sum(n - 1 for n, _ in used)
    total = sum((squares for _, squares in used), Fraction(0))
    return (total / df, df) if df and total else (Fraction(0), 0)


def withheld(n, mean, units, minimum):
    """The reason for which a target has no tier, or None."""
    if n == 0:
        return "no_valid_interview"
    if mean is None:
        return "indicator_without_answers"
    if n >= units:
        return None
    if n < min(minimum, max(5, (units + 1) // 2), units):
        return "below_minimum_n"
    return "single_interview" if n == 1 else None


def score(cell, n, mean, squares, pooled):
    """One row of the scores."""
    units, smallest = int(cell["N"]), int(cell["suppress_below"])
    cuts = [half_up(Fraction(text), 2) for text in cell["thresholds"].split(";")]
    points = cell["tier_points"].split(";")
    basis, se, low, high = spread(mean, squares, n, units, pooled)
    rounded = [None if x is None else half_up(x, 2) for x in (mean, low, high)]
    why = withheld(n, mean, units, int(cell["min_valid_n"]))

    def tier(value):
        known = value is not None and why is None
        return next((t for t, cut in enumerate(cuts, 1) if value >= cut), 4) if known else None

    own, worst, best = map(tier, rounded)
    reasons, status = [why], "withheld"
    if why is None:
        status = "final" if best is not None and best == worst else "provisional"
        reasons = ["interval_touches_other_tier"] if best != worst else []
        reasons = reasons if best is not None else ["no_variation"]
    hidden = why is not None and n < smallest
    if hidden:
        reasons += ["suppressed"] if mean is not None else []
        mean, se, basis, rounded = None, None, "none", [None] * 3
    text = lambda value: "" if value is None else str(value)
    return [
        cell["target"], cell["class"], str(n), cell["N"], printed(rounded[0], 2),
        printed(None if se is None else half_up(se, 4), 4), basis, printed(rounded[1], 2),
        printed(rounded[2], 2), text(own), points[own - 1] if own else "", text(best),
        text(worst), status, "; ".join(reasons + ["listed " + cell["listed"]]), cell["interim"],
        cell["log_pos"], cell["scheme"], text(mean), cell["questionnaire"], cell["software"],
        cell["suppress_below"],
    ]  # fmt: skip


def recompute(rows):
    """The scores, sorted by target and class as bytes."""
    found, width = targets(rows)
    keys = sorted(found, key=lambda key: (key[0].encode(), key[1].encode()))
    estimates = [(len(found[key][1]), *estimate(found[key][1], width)) for key in keys]
    pooled = pool(estimates)
    return [score(found[key][0], *one, pooled) for key, one in zip(keys, estimates)]


def written(table, guarded):
    """The bytes of a scores file."""
    if guarded:
        table = [[guard(at, cell) for at, cell in enumerate(row)] for row in table]
    lines = [",".join(map(quoted, row)) + "\n" for row in table]
    return ("\ufeff" if guarded else "").encode() + "".join(lines).encode()


def quoted(cell):
    """A cell, in quotes where it needs them."""
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell


def guard(at, cell):
    """A text cell behind ' where a spreadsheet would run it; numbers stay."""
    number = COLUMNS[at] in ("n", "N", "mean", "se", "ci_low", "ci_high", "log_pos")
    return "'" + cell if cell.startswith(FORMULA) and not number else cell


def compare(ours, path):
    """The exit code of a comparison; the first differences go to stderr."""
    raw, guarded, theirs = read(path)
    if written(ours, guarded) == raw:
        print(f"{len(ours) - 1} targets recomputed: every byte agrees")
        return 0
    differences = 0
    for number in range(max(len(ours), len(theirs))):
        mine = ours[number] if number < len(ours) else None
        other = theirs[number] if number < len(theirs) else None
        if mine is None or other is None or len(mine) != len(other):
            print(f"row {number + 1}: recomputed {mine}, file {other}", file=sys.stderr)
            differences += 1
            continue
        for name, one, two in zip(COLUMNS, mine, other):
            if one != two:
                where = f"row {number + 1} (target {mine[0]}), column {name}"
                print(f"{where}: recomputed {one!r}, file {two!r}", file=sys.stderr)
                differences += 1
    if not differences:
        print("the values agree, the bytes of the file do not", file=sys.stderr)
    return 1


def main(arguments):
    """Runs the command line and gives its exit code."""
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        ours = [COLUMNS] + recompute(read(arguments[0])[2])
        if len(arguments) == 2:
            return compare(ours, arguments[1])
    except (OSError, ValueError, KeyError, Unusable) as error:
        print(f"cannot use the files: {error!r}", file=sys.stderr)
        return 2
    sys.stdout.buffer.write(written(ours, False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
