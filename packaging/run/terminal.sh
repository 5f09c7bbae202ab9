# shellcheck shell=bash
# What the scripts print: one line a step, with its time, and errors with the end of the log that explains them.

# Colours only on a terminal.
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi

die() {
    printf '\n%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# die_with_log LOG TEXT...: the last lines of LOG, then the text.
die_with_log() {
    local log=$1
    shift
    { printf '\n'; tail -n 15 "$log"; } >&2 2>/dev/null || :
    die "$* (whole log: $log)"
}

# step TEXT: begins a line; step_done [NOTE] ends it with the seconds it took.
step() {
    step_began=$(date +%s%N)
    printf '  %-44s ' "$*"
}

step_done() {
    local tenths=$((($(date +%s%N) - step_began) / 100000000))
    printf '%s (%d.%d s)\n' "${1:-done}" $((tenths / 10)) $((tenths % 10))
}

# Random text of N characters out of [A-Za-z0-9].
random_text() {
    local text=''
    while [ "${#text}" -lt "$1" ]; do
        text=$text$(head -c 64 /dev/urandom | base64 -w0 | tr -dc 'A-Za-z0-9')
    done
    printf '%s' "${text:0:$1}"
}
