#!/usr/bin/env python3
"""Makes windows_zones.def, windows_rules.def and iana_zones.def of calendar/ from the lists beside this script.
`--check` compares instead of writing. `--links tzdata.zi` first renews iana-links.tsv from a tzdata package."""
import csv
import pathlib
import re
import sys

FACTS = pathlib.Path(__file__).resolve().parent
OUT = FACTS.parent
# Names that CLDR keeps for old ids; clients know both.
TODAY = {"Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon", "America/Godthab": "America/Nuuk",
         "America/Buenos_Aires": "America/Argentina/Buenos_Aires", "America/Indianapolis": "America/Indiana/Indianapolis", "Europe/Kiev": "Europe/Kyiv"}
# In no CLDR mapping.
EXTRA = {"Kamchatka Standard Time": "Asia/Kamchatka"}
HEAD = "/* Made by facts/make_tables.py from facts/{}. Do not edit.\n * {} */\n\n"


def rows(name):
    with open(FACTS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def renew_links(tzdata):
    """id -> canonical id for each id of tzdata, links resolved."""
    zones, links = set(), {}
    for line in open(tzdata, encoding="utf-8"):
        words = line.split()
        if words[:1] == ["Z"]:
            zones.add(words[1])
        elif words[:1] == ["L"]:
            links[words[2]] = words[1]
    with open(FACTS / "iana-links.tsv", "w", encoding="utf-8") as out:
        out.write("iana_id\tcanonical_id\n")
        for name in sorted(zones | set(links)):
            target = name
            while target in links:
                target = links[target]
            out.write(f"{name}\t{target}\n")


def windows_of_iana():
    """Each IANA id with its Windows id: CLDR's, else that of an id which is the same zone, else the fixed list."""
    direct = {}
    for row in rows("windows-iana.tsv"):
        for name in row["iana_ids"].split():
            direct.setdefault(name, row["windows_id"])
    for windows, name in EXTRA.items():
        direct.setdefault(name, windows)
    links = {row["iana_id"]: row["canonical_id"] for row in rows("iana-links.tsv")}
    groups = {}
    for name, target in links.items():
        if name in direct:
            groups.setdefault(target, direct[name])
    for old, new in TODAY.items():
        groups.setdefault(links[new], direct.get(old))
        direct.setdefault(new, direct[old])
    fixed = {row["iana_id"]: row["windows_id"] for row in rows("iana-windows-extra.tsv")}
    return {name: direct.get(name) or groups.get(target) or fixed.get(name, "") for name, target in links.items()}


def windows_zones():
    names = {row["windows_id"]: row["display_name"] for row in rows("windows-names.tsv")}
    default = {row["windows_id"]: row["iana_ids"].split()[0] for row in rows("windows-iana.tsv") if row["territory"] == "001"}
    default.update({k: v for k, v in EXTRA.items() if k not in default})
    out = HEAD.format("windows-names.tsv, windows-iana.tsv", "WINDOWS_ZONE(id, IANA id or \"\", display name): by UTC offset, as Windows lists them.")
    for name in names:
        iana = default.get(name, "")
        out += f'WINDOWS_ZONE("{name}", "{TODAY.get(iana, iana)}", "{names[name]}")\n'
    return out


def transition(text):
    found = re.fullmatch(r"m(\d+) dow(\d) week(\d) (\d+):(\d+):(\d+)", text)
    if not found:
        return "0, 0, 0, 0"
    month, day, week, hours, minutes, seconds = map(int, found.groups())
    return f"{month}, {day}, {week}, {(hours * 60 + minutes) * 60 + seconds}"


def windows_rules():
    out = HEAD.format("windows-rules.tsv", "WINDOWS_RULES(id, rules), then its rules: WINDOWS_RULE(first year, bias, standard bias, daylight bias (minutes;\n"
                      " * UTC = local + bias), standard begins: month, day of week (0: Sunday), week (5: last), seconds after midnight; daylight begins: the same).")
    zones = {}
    for row in rows("windows-rules.tsv"):
        zones.setdefault(row["windows_id"], []).append(row)
    for row in rows("windows-names.tsv"):
        rules = sorted(zones[row["windows_id"]], key=lambda r: int(r["from_year"]))
        out += f'WINDOWS_RULES("{row["windows_id"]}", {len(rules)})\n'
        for r in rules:
            out += (f'WINDOWS_RULE({r["from_year"]}, {r["bias_min"]}, {r["standard_bias_min"]}, {r["daylight_bias_min"]}, '
                    f'{transition(r["standard_start"])}, {transition(r["daylight_start"])})\n')
    return out


def iana_zones():
    out = HEAD.format("iana-links.tsv, windows-iana.tsv, iana-windows-extra.tsv", "IANA_ZONE(id, Windows id or \"\"): sorted by id without case.")
    for name, windows in sorted(windows_of_iana().items(), key=lambda pair: pair[0].lower()):
        out += f'IANA_ZONE("{name}", "{windows}")\n'
    return out


def main():
    if "--links" in sys.argv:
        renew_links(sys.argv[sys.argv.index("--links") + 1])
    wrong = 0
    for name, make in (("windows_zones.def", windows_zones), ("windows_rules.def", windows_rules), ("iana_zones.def", iana_zones)):
        if "--check" not in sys.argv:
            (OUT / name).write_text(make(), encoding="utf-8")
        elif (OUT / name).read_text(encoding="utf-8") != make():
            wrong += 1
            print(f"{name} differs from facts/: run calendar/facts/make_tables.py", file=sys.stderr)
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
