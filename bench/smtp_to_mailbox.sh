#!/usr/bin/env bash
# Goals 1 and 2: messages of 10 KB from SMTP into mailboxes, Bourse and Postfix -> Dovecot LMTP in turns, the same generator (smtp-source).
#     bench/smtp_to_mailbox.sh BUILD-FOLDER [MESSAGES [ROUNDS]]     root only; both commit to disk
# Prints delivered/s and CPU seconds per 1,000 of both sides, the ratios, and PostgreSQL's one-statement ceiling.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1 messages=${2:-2000} rounds=${3:-3}
if [ -z "${BENCH_SMTP_PORT:-}" ]; then
    echo "ceiling: one statement a message, PostgreSQL alone:"
    BOURSE_TEST_PG_FSYNC=on "$root/tests/services/with-postgres" "$build/bench/delivery_bench" 3 | grep -v "^{"
    BOURSE_TEST_PG_FSYNC=on exec "$root/tests/services/with-postgres" "$root/tests/services/with-openldap" \
        python3 "$root/bench/smtp_instance.py" "$build" "$0" "$@"
fi
# shellcheck source=smtp_peer.sh
. "$root/bench/smtp_peer.sh"
lab=$(mktemp -d /var/tmp/bourse-bench.XXXXXX)
trap 'peer_stop; rm -rf "$lab"' EXIT
peer_start "$lab"

cpu() { python3 "$root/bench/process_cpu.py" "$@"; }
delivered_by_peer() { grep -c 'saved mail to INBOX' "$peer_log" || :; }
metric() { grep -c '"event":"SMTP_ACCEPTED"' "$BENCH_LOG" || :; }

# run SIDE SESSIONS: one line "side sessions delivered/s cpu/1000"
run() {
    local side=$1 sessions=$2 port count pids before cpu0 t0 t1
    if [ "$side" = bourse ]; then port=$BENCH_SMTP_PORT count=metric pids=$BENCH_PIDS; else port=$peer_port count=delivered_by_peer pids="$peer_dovecot $peer_postfix"; fi
    before=$($count)
    # shellcheck disable=SC2086
    cpu0=$(cpu $pids)
    t0=$(date +%s.%N)
    nice -n -10 smtp-source -s "$sessions" -m "$messages" -l 10240 -d -f sender@partner.test -t "${BENCH_RECIPIENT:-bob@example.test}" "127.0.0.1:$port"
    for _ in $(seq 600); do
        [ $(($($count) - before)) -lt "$messages" ] || break
        sleep 0.02
    done
    t1=$(date +%s.%N)
    # shellcheck disable=SC2086
    awk -v side="$side" -v s="$sessions" -v n="$messages" -v t="$t0 $t1" -v c="$cpu0 $(cpu $pids)" -v load="$(cut -d' ' -f1 /proc/loadavg)" \
        'BEGIN { split(t, at); split(c, used); printf "%s %d %.0f %.3f load %s\n", side, s, n / (at[2] - at[1]), (used[2] - used[1]) * 1000 / n, load }'
}

for sessions in ${BENCH_SESSIONS:-10 50}; do
    for side in bourse postfix; do run "$side" "$sessions" >/dev/null; done # warm
    for _ in $(seq "$rounds"); do
        run bourse "$sessions"
        run postfix "$sessions"
    done
done | tee "$lab/lines"
python3 - "$lab/lines" <<'PY'
import statistics, sys
rows = [line.split() for line in open(sys.argv[1])]
for sessions in sorted({row[1] for row in rows}, key=int):
    middle = {side: [statistics.median(float(row[i]) for row in rows if row[0] == side and row[1] == sessions) for i in (2, 3)] for side in ("bourse", "postfix")}
    (rate, cpu), (peer_rate, peer_cpu) = middle["bourse"], middle["postfix"]
    print(f"{sessions} sessions: Bourse {rate:.0f}/s {cpu:.2f} s CPU per 1,000; Postfix+Dovecot {peer_rate:.0f}/s {peer_cpu:.2f} s; "
          f"ratio {rate / peer_rate:.1f}, CPU 1/{peer_cpu / cpu:.1f}")
PY
