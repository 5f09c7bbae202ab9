#!/usr/bin/env python3
"""Makes ews/time_zones.def from ews/facts/tzi-rules.tsv. `--check` compares instead of writing."""
import csv
import pathlib
import re
import sys

EWS = pathlib.Path(__file__).resolve().parent.parent.parent / "ews"


def transition(text):
    """mMM dowD weekN hh:mm:ss -> month, day of week, week, minutes; zeros when there is none."""
    found = re.fullmatch(r"m(\d+) dow(\d) week(\d) (\d+):(\d+):(\d+)", text)
    if not found:
        return "0, 0, 0, 0"
    month, day, week, hours, minutes, _ = map(int, found.groups())
    return f"{month}, {day}, {week}, {hours * 60 + minutes}"


def make():
    rows = list(csv.DictReader(open(EWS / "facts" / "tzi-rules.tsv", encoding="utf-8"), delimiter="\t"))
    out = ["/* Made by tests/ews/make_time_zones.py from facts/tzi-rules.tsv. Do not edit.",
           " * ZONE(id, rules), then its rules: RULE(first year, bias, standard bias, daylight bias (minutes; UTC = local + bias),",
           " * standard begins: month, day of week (0: Sunday), week (5: last), minutes after midnight; daylight begins: the same). */", ""]
    zones = {}
    for row in rows:
        zones.setdefault(row["windows_id"], []).append(row)
    for zone, rules in zones.items():
        rules.sort(key=lambda r: int(r["from_year"]))
        out.append(f'ZONE("{zone}", {len(rules)})')
        for r in rules:
            out.append(f'RULE({r["from_year"]}, {r["bias_min"]}, {r["standard_bias_min"]}, {r["daylight_bias_min"]}, '
                       f'{transition(r["standard_start"])}, {transition(r["daylight_start"])})')
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    target = EWS / "time_zones.def"
    if "--check" in sys.argv:
        if target.read_text() != make():
            sys.exit("ews/time_zones.def differs from ews/facts/tzi-rules.tsv: run tests/ews/make_time_zones.py")
        print(f"time_zones.def: {make().count('ZONE(') - 1} zones agree")
    else:
        target.write_text(make())
