# shellcheck shell=bash
# A private PostgreSQL cluster: unix socket only, no password; the socket's folder and peer credentials decide who may
# connect. Needs service_user.sh, process.sh, terminal.sh.

# postgres_find: sets postgres_bin, the folder of the newest installed server (15 or later).
postgres_find() {
    local folder version best=0
    postgres_bin=''
    for folder in /usr/lib/postgresql/*/bin; do
        [ -x "$folder/postgres" ] || continue
        version=${folder#/usr/lib/postgresql/}
        version=${version%%/*}
        if [ "${version%%.*}" -ge 15 ] && [ "${version%%.*}" -gt "$best" ]; then
            best=${version%%.*}
            postgres_bin=$folder
        fi
    done
    [ -n "$postgres_bin" ]
}

# postgres_initialise DATA LOG DATABASE: makes the cluster in the new folder DATA, owned by the service account, with the
# superuser bourse and one database. Interrupted runs leave no half cluster: the folder gets its name at the end.
postgres_initialise() {
    local data=$1 log=$2 database=$3
    rm -rf "${data:?}.new"
    service_user_folder "$data.new"
    # from /: initdb wants a current folder that the account may enter
    (cd / && "${as_service[@]}" env LC_ALL=C.UTF-8 "$postgres_bin/initdb" -D "$data.new" -U bourse --auth=peer \
        --encoding=UTF8 --locale=C.UTF-8 --no-instructions --data-checksums) >>"$log" 2>&1 || return 1
    {
        echo "local all all peer map=bourse"
    } >"$data.new/pg_hba.conf"
    {
        echo "bourse root bourse"
        echo "bourse $service_user bourse"
    } >"$data.new/pg_ident.conf"
    (cd / && echo "CREATE DATABASE $database;" | "${as_service[@]}" "$postgres_bin/postgres" --single -D "$data.new" \
        postgres) >>"$log" 2>&1 || return 1
    # what came after initdb, which syncs its own files: a power cut must not leave them empty
    sync "$data.new/pg_hba.conf" "$data.new/pg_ident.conf"
    mv "$data.new" "$data"
}

# postgres_ready SOCKET_FOLDER DATABASE: one query answered.
postgres_ready() {
    (cd / && "${as_service[@]}" env PGCONNECT_TIMEOUT=5 psql -X -q -At -h "$1" -U bourse -d "$2" -c 'SELECT 1') \
        >/dev/null 2>&1
}

# postgres_wait PIDFILE SOCKET_FOLDER DATABASE SECONDS: until it answers; fails when the server ends or time is up.
postgres_wait() {
    local limit=$(($4 * 40))
    # the socket appears before crash recovery is over, so ask only then and go on asking
    while ! { [ -S "$2/.s.PGSQL.5432" ] && postgres_ready "$2" "$3"; }; do
        process_alive "$1" || return 1
        limit=$((limit - 1))
        [ "$limit" -gt 0 ] || return 1
        sleep 0.025
    done
}
