# shellcheck shell=bash
# Background processes that the scripts own. A pid file holds "PID START-TIME"; the start time (field 22 of
# /proc/PID/stat, see proc(5)) tells a living process from a stranger that got the same number after a crash.

# process_start_time PID: prints the field, fails when there is no such process.
process_start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) } # the command name may hold blanks and brackets
    # shellcheck disable=SC2086 # split on purpose
    set -- $stat
    printf '%s' "${20}"
}

# process_alive PIDFILE: true while the process that the file names runs; sets process_pid.
process_alive() {
    local started now
    process_pid=''
    [ -s "$1" ] || return 1
    read -r process_pid started <"$1" || :
    case $process_pid in '' | *[!0-9]*) return 1 ;; esac
    now=$(process_start_time "$process_pid") || return 1
    # a zombie has a start time too
    case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$process_pid/status" 2>/dev/null) in Z | X | '') return 1 ;; esac
    [ -z "$started" ] || [ "$now" = "$started" ]
}

# process_start PIDFILE LOG COMMAND...: starts COMMAND in a session of its own.
process_start() {
    local pidfile=$1 log=$2 pid
    shift 2
    setsid "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    disown "$pid"
    printf '%s %s\n' "$pid" "$(process_start_time "$pid")" >"$pidfile"
}

# process_stop PIDFILE [SIGNAL [SECONDS]]: asks, waits, then kills. Quiet when nothing runs.
process_stop() {
    local pidfile=$1 signal=${2:-TERM} limit=$((${3:-15} * 20)) pid
    if process_alive "$pidfile"; then
        pid=$process_pid
        kill -s "$signal" "$pid" 2>/dev/null || :
        while [ "$limit" -gt 0 ] && process_alive "$pidfile"; do
            sleep 0.05
            limit=$((limit - 1))
        done
        if process_alive "$pidfile"; then
            kill -s KILL "$pid" 2>/dev/null || :
            sleep 0.1
        fi
    fi
    rm -f "$pidfile"
}
