#!/usr/bin/env bash
# service.sh DATA PRESET postgres|directory|boursed: starts one server of the instance in DATA again, the way ./run does.
# boursed: with the options in DATA/settings; returns at once, without waiting until it is ready (it may not become ready: that may be
# the test).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
for part in terminal process service_user packages build certificates postgres directory instance; do
    # shellcheck source=/dev/null
    . "$root/packaging/run/$part.sh"
done
[ $# = 3 ] || die "usage: service.sh DATA PRESET postgres|directory|boursed"
data=$1 preset=$2
state=$(cd "$data/state" && pwd -P)
# shellcheck disable=SC2034 # the sourced parts read them
log=$data/log/run.log port_base=$(cat "$data/port-base")
service_user_choose
case $3 in
    postgres) instance_postgres_start ;;
    directory) instance_directory_start ;;
    boursed)
        instance_programs
        instance_ports_free
        instance_configure
        instance_boursed_start
        ;;
    *) die "unknown server $3" ;;
esac
