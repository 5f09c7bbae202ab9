#!/usr/bin/env bash
# limits.sh: sizes, names and forbidden calls of the whole tree; exit code 1 when a limit is broken.
# The limits are those of docs/hacking.md; exceptions, each with its reason, are listed in limits.allow.
exec python3 "$(dirname "${BASH_SOURCE[0]}")/limits.py" "$@"
