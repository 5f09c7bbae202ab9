#!/usr/bin/env python3
"""CPU seconds used so far by process trees: process_cpu.py PID... (each with its descendants, ended children included)."""
import os
import sys

TICK = os.sysconf("SC_CLK_TCK")


def processes():
    """{pid: (parent, own ticks with those of children that ended)}"""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found


def main():
    wanted = set(map(int, sys.argv[1:]))
    all_of_them = processes()
    grown = True
    while grown:
        more = {pid for pid, (parent, _) in all_of_them.items() if parent in wanted} - wanted
        wanted |= more
        grown = bool(more)
    print(sum(ticks for pid, (_, ticks) in all_of_them.items() if pid in wanted) / TICK)


main()
