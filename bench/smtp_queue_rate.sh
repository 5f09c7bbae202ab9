#!/usr/bin/env bash
# Goal 3: one SMTP session, DATA to 250, Bourse (durable in the mailbox) beside Postfix (durable in its queue; delivery is discarded); and one hot mailbox with 10
# sessions beside the ceiling of a row lock without coalescing (one statement a transaction on one mailbox row, 10 connections).
#     bench/smtp_queue_rate.sh BUILD-FOLDER [MESSAGES [ROUNDS]]     root only
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1 messages=${2:-500} rounds=${3:-3}
if [ -z "${BENCH_SMTP_PORT:-}" ]; then
    # the row lock of one mailbox, ten connections that commit one statement each
    ceiling=$(BOURSE_TEST_PG_FSYNC=on "$root/tests/services/with-postgres" "$build/bench/delivery_bench" 3 | grep -v '^{' | tee /dev/stderr | awk '/one hot mailbox/ { print $3 }')
    export BENCH_ROW_LOCK_CEILING=$ceiling
    BOURSE_TEST_PG_FSYNC=on exec "$root/tests/services/with-postgres" "$root/tests/services/with-openldap" \
        python3 "$root/bench/smtp_instance.py" "$build" "$0" "$@"
fi
# shellcheck source=smtp_peer.sh
. "$root/bench/smtp_peer.sh"
lab=$(mktemp -d /var/tmp/bourse-bench.XXXXXX)
trap 'peer_stop; rm -rf "$lab"' EXIT
peer_start "$lab"

# run NAME PORT SESSIONS RECIPIENT: messages accepted a second
run() {
    local t0 t1
    t0=$(date +%s.%N)
    nice -n -10 smtp-source -s "$3" -m "$messages" -l 10240 -d -f sender@partner.test -t "$4" "127.0.0.1:$2"
    t1=$(date +%s.%N)
    awk -v name="$1" -v n="$messages" -v t="$t0 $t1" -v load="$(cut -d' ' -f1 /proc/loadavg)" \
        'BEGIN { split(t, at); printf "%s %.0f load %s\n", name, n / (at[2] - at[1]), load }'
}

for _ in $(seq "$rounds"); do
    run bourse-1-session "$BENCH_SMTP_PORT" 1 bob@example.test
    run postfix-queue-1-session "$peer_port" 1 someone@sinkhole.test
    run bourse-hot-mailbox-10-sessions "$BENCH_SMTP_PORT" 10 carol@example.test
done | tee "$lab/lines"
python3 - "$lab/lines" <<'PY'
import os, statistics, sys
rows = [line.split() for line in open(sys.argv[1])]
middle = {name: statistics.median(float(row[1]) for row in rows if row[0] == name) for name in {row[0] for row in rows}}
print(f"one session: Bourse {middle['bourse-1-session']:.0f}/s, Postfix's queue {middle['postfix-queue-1-session']:.0f}/s, "
      f"ratio {middle['bourse-1-session'] / middle['postfix-queue-1-session']:.1f} (goal 3)")
ceiling = float(os.environ["BENCH_ROW_LOCK_CEILING"])
print(f"hot mailbox, 10 sessions: {middle['bourse-hot-mailbox-10-sessions']:.0f}/s, row-lock ceiling {ceiling:.0f}/s, "
      f"ratio {middle['bourse-hot-mailbox-10-sessions'] / ceiling:.1f} (goal 1)")
PY
