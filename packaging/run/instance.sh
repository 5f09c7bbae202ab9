# shellcheck shell=bash
# One private instance: PostgreSQL, OpenLDAP and boursed in a data folder. Needs all other files of this folder.
#
#   DATA/endpoints.json   where and how to connect (holds the demo passwords: readable by its owner only)
#   DATA/settings         own options, "section.option = value" a line, kept over restarts
#   DATA/log/             all logs
#   DATA/state            -> the folder with everything else; a link when it cannot be inside DATA (see instance_place)

domain=example.test
demo_users="alice bob carol dave"

# instance_place: sets $state. Normally DATA/state. Root's servers run as an account without rights, which must be able to
# reach its files; local sockets allow about 100 characters, and settings no blanks: else the state goes to /var/tmp.
instance_place() {
    if [ -e "$data/state" ]; then
        state=$(cd "$data/state" && pwd -P)
        return
    fi
    mkdir -p "$data/state"
    state=$data/state
    chmod 711 "$state"
    if [ "${#state}" -gt 70 ] || [[ $state == *[!A-Za-z0-9/._+-]* ]] || ! service_user_reaches "$state"; then
        rmdir "$state"
        state=$(mktemp -d /var/tmp/bourse-XXXXXXXX)
        chmod 711 "$state"
        ln -s "$state" "$data/state"
        service_user_reaches "$state" || die "$service_user can reach neither $data nor $state"
    fi
}

# instance_prepare: folders, secrets and certificates that do not exist yet.
instance_prepare() {
    local name
    service_user_folder "$state/postgres" "$state/postgres/socket" "$state/directory" "$state/tls" "$state/secrets" \
        "$state/data" "$state/run"
    mkdir -p "$state/log" "$state/pid"
    # our own shell writes here before the account's programs do
    [ -e "$data/log" ] || ln -s "$([ -L "$data/state" ] && echo "$state/log" || echo state/log)" "$data/log"
    log=$data/log/run.log
    for name in bourse $demo_users; do
        [ -s "$state/secrets/$name" ] || (umask 077 && random_text 16 >"$state/secrets/$name")
    done
    if [ ! -s "$state/tls/server.pem" ]; then
        certificates_create "$state/tls" "$log" localhost 127.0.0.1 mail.$domain autodiscover.$domain $domain ||
            die_with_log "$log" "certificates were not made"
    fi
    cp "$state/tls/ca.pem" "$data/ca.pem"
    instance_give "$state/secrets" "$state/tls"
}

# instance_give PATH...: to the account that runs the servers.
instance_give() { [ "${#as_service[@]}" = 0 ] || chown -R "$service_user:" "$@"; }

instance_postgres_create() {
    [ ! -d "$state/postgres/data" ] || return 0
    step "Creating the database cluster"
    postgres_find || die "no PostgreSQL server of version 15 or later is installed"
    postgres_initialise "$state/postgres/data" "$log" bourse || die_with_log "$log" "initdb failed"
    step_done
}

instance_postgres_start() {
    local attempt
    postgres_find || die "no PostgreSQL server of version 15 or later is installed"
    cp "${BASH_SOURCE[0]%/*}/postgresql.conf" "$state/postgres/settings.conf"
    instance_give "$state/postgres/settings.conf"
    if ! grep -q bourse "$state/postgres/data/postgresql.conf"; then
        echo "include '$state/postgres/settings.conf' # bourse" >>"$state/postgres/data/postgresql.conf"
        sync "$state/postgres/data/postgresql.conf"
    fi
    if process_alive "$state/pid/postgres"; then return; fi
    # after a kill -9 the old server's children may need a moment to notice, and until then a new one refuses to start
    for attempt in 1 2 3 4 5 6 7 8; do
        process_start "$state/pid/postgres" "$data/log/postgres.log" "${as_service[@]}" "$postgres_bin/postgres" \
            -D "$state/postgres/data" -k "$state/postgres/socket"
        if postgres_wait "$state/pid/postgres" "$state/postgres/socket" bourse 120; then return; fi
        if process_alive "$state/pid/postgres"; then break; fi
        [ "$attempt" = 8 ] || sleep 0.5
    done
    die_with_log "$data/log/postgres.log" "PostgreSQL did not start"
}

instance_directory_create() {
    local name commands=()
    [ ! -e "$state/directory/created" ] || return 0
    step "Creating the directory"
    directory_configure "$state/directory" $domain "$state/tls/ca.pem" "$state/tls/server.pem" "$state/tls/server.key" \
        "$log" || die_with_log "$log" "OpenLDAP refused its configuration"
    directory_start "$state/directory" "$data/log/directory.log" ""
    directory_wait "$state/directory" 30 || die_with_log "$data/log/directory.log" "OpenLDAP did not start"
    for name in bourse $demo_users; do commands+=(-e "s/@PASSWORD_$name@/$(cat "$state/secrets/$name")/"); done
    directory_fill "${BASH_SOURCE[0]%/*}/demo.ldif.in" $domain "$state/directory" | sed "${commands[@]}" |
        directory_load "$state/directory" "$log" || die_with_log "$log" "OpenLDAP refused the demo entries"
    touch "$state/directory/created"
    step_done
}

instance_directory_start() {
    if process_alive "$state/directory.pid"; then return; fi
    directory_start "$state/directory" "$data/log/directory.log" ""
    directory_wait "$state/directory" 30 || die_with_log "$data/log/directory.log" "OpenLDAP did not start"
}

# instance_setting SECTION OPTION VALUE: a value that does not begin with a brace becomes quoted text.
instance_setting() {
    case $3 in
        '{'*) settings[$1.$2]=$3 ;;
        *) settings[$1.$2]="\"${3//\"/\\\"}\"" ;;
    esac
}

# instance_configure: writes the configuration file out of our values and those of DATA/settings.
instance_configure() {
    local key value section listen='{"127.0.0.1"}' previous=''
    declare -gA settings=()
    if grep -qs '^0*1 ' /proc/net/if_inet6; then listen='{"127.0.0.1", "::1"}'; fi
    instance_setting server hostname "mail.$domain"
    instance_setting server domains "{\"$domain\"}"
    instance_setting server postmaster alice
    instance_setting server data_directory "$state/data"
    instance_setting server run_directory "$state/run"
    instance_setting server database_directory "$state/postgres/data"
    instance_setting tls certificate "$state/tls/server.pem"
    instance_setting tls key "$state/tls/server.key"
    instance_setting database connection "host=$state/postgres/socket user=bourse dbname=bourse"
    instance_setting directory uris "{\"$(directory_socket_uri "$state/directory")\"}"
    instance_setting directory base "$(directory_base $domain)"
    instance_setting directory bind_dn "uid=bourse,ou=services,$(directory_base $domain)"
    instance_setting directory bind_password_file "$state/secrets/bourse"
    instance_setting smtp listen "$listen"
    instance_setting smtp port $((port_base + 25))
    instance_setting smtp submission_port $((port_base + 587))
    instance_setting smtp submissions_port $((port_base + 465))
    instance_setting http listen "$listen"
    instance_setting http port $((port_base + 443))
    instance_setting http metrics_port $((port_base + 90))
    instance_setting http public_url "https://localhost:$((port_base + 443))"
    if [ -s "$data/settings" ]; then
        while IFS='=' read -r key value; do
            key=${key//[[:space:]]/}
            case $key in '' | '#'*) continue ;; *.*) ;; *) die "$data/settings: not section.option = value: $key" ;; esac
            value=${value#"${value%%[![:space:]]*}"}
            instance_setting "${key%%.*}" "${key#*.}" "$value"
        done <"$data/settings"
    fi
    {
        echo "# Written by ./run at each start. Own options go to $data/settings."
        for key in $(printf '%s\n' "${!settings[@]}" | sort); do
            section=${key%%.*}
            if [ "$section" != "$previous" ]; then
                [ -z "$previous" ] || echo "}"
                echo "$section {"
                previous=$section
            fi
            echo "    ${key#*.} = ${settings[$key]}"
        done
        echo "}"
    } >"$state/bourse.conf"
    instance_give "$state/bourse.conf"
}

# instance_programs: sets $boursed and $boursectl; a copy when the account cannot reach the build folder.
instance_programs() {
    local name
    for name in boursed boursectl; do
        program=$(find "$root/build/$preset" -type f -name $name -perm -u+x -print -quit 2>/dev/null)
        [ -n "$program" ] || die "the build made no $name"
        if ! service_user_reaches "${program%/*}"; then
            mkdir -p "$state/bin"
            chmod 755 "$state/bin"
            cp "$program" "$state/bin/$name.new"
            chmod 755 "$state/bin/$name.new"
            mv "$state/bin/$name.new" "$state/bin/$name"
            program=$state/bin/$name
        fi
        printf -v "$name" '%s' "$program"
    done
}

# instance_port_taken: names the first of our ports on which something listens, fails when all are free.
instance_port_taken() {
    local offset
    for offset in 25 90 91 92 443 465 587; do
        if (exec 3<>"/dev/tcp/127.0.0.1/$((port_base + offset))") 2>/dev/null; then
            printf '%s' $((port_base + offset))
            return
        fi
    done
    return 1
}

# instance_ports_free: another program on one of our ports is named before anything starts. Roles whose master was killed
# finish what they have accepted and then end: they get their time.
instance_ports_free() {
    local port limit=1
    [ ! -e "$state/pid/boursed" ] || limit=75
    while port=$(instance_port_taken); do
        limit=$((limit - 1))
        [ "$limit" -gt 0 ] || die "port $port is taken by another program; choose another --port-base"
        sleep 0.2
    done
}

# instance_boursed_start: migrations, then the daemon; root starts it only when a port needs it.
instance_boursed_start() {
    local starter=("${as_service[@]}")
    (cd / && "${as_service[@]}" "$boursectl" --config "$state/bourse.conf" schema apply) >>"$log" 2>&1 ||
        die_with_log "$log" "the migrations failed"
    if [ "${#as_service[@]}" != 0 ] && [ $((port_base + 25)) -lt 1024 ]; then
        starter=()
        sed -i "s/^server {/&\n    user = \"$service_user\"/" "$state/bourse.conf"
    fi
    process_start "$state/pid/boursed" "$state/log/boursed.log" \
        env -C / "${starter[@]}" "$boursed" --config "$state/bourse.conf"
}

# instance_boursed_wait: until each role (httpd, smtpd, deliverd) says that it is ready.
instance_boursed_wait() {
    local limit=1200 offset
    for offset in 90 91 92; do
        until curl -fs -o /dev/null --max-time 5 "http://127.0.0.1:$((port_base + offset))/health/ready"; do
            process_alive "$state/pid/boursed" || die_with_log "$state/log/boursed.log" "boursed ended"
            limit=$((limit - 1))
            [ "$limit" -gt 0 ] || die_with_log "$state/log/boursed.log" "boursed was not ready after a minute"
            sleep 0.05
        done
    done
}

# instance_endpoints: writes DATA/endpoints.json.
instance_endpoints() {
    local https=https://localhost:$((port_base + 443)) name comma=''
    (
        umask 077
        {
            echo '{'
            echo "  \"domain\": \"$domain\","
            echo "  \"ca_file\": \"$data/ca.pem\","
            echo '  "host": "localhost",'
            echo "  \"smtp_port\": $((port_base + 25)),"
            echo "  \"submission_port\": $((port_base + 587)),"
            echo "  \"submissions_port\": $((port_base + 465)),"
            echo "  \"https_url\": \"$https\","
            echo "  \"ews_url\": \"$https/EWS/Exchange.asmx\","
            echo "  \"activesync_url\": \"$https/Microsoft-Server-ActiveSync\","
            echo "  \"autodiscover_url\": \"$https/autodiscover/autodiscover.xml\","
            echo "  \"metrics_url\": \"http://127.0.0.1:$((port_base + 90))/metrics\","
            echo '  "users": ['
            for name in $demo_users; do
                printf '%s    {"login": "%s", "address": "%s@%s", "password": "%s"}' "$comma" "$name" "$name" $domain \
                    "$(cat "$state/secrets/$name")"
                comma=$',\n'
            done
            printf '\n  ]\n}\n'
        } >"$data/endpoints.json.new"
    )
    mv "$data/endpoints.json.new" "$data/endpoints.json"
}

# instance_start: everything above in order.
instance_start() {
    instance_prepare
    instance_programs
    process_alive "$state/pid/boursed" || instance_ports_free
    instance_postgres_create
    instance_directory_create
    step "Starting PostgreSQL, OpenLDAP and boursed"
    instance_configure
    instance_postgres_start
    instance_directory_start
    instance_boursed_start
    instance_boursed_wait
    instance_endpoints
    step_done
}

# instance_stop: in the order that loses nothing; quiet when nothing runs.
instance_stop() {
    process_stop "$state/pid/boursed" TERM 20
    process_stop "$state/directory.pid" TERM 10
    # fast shutdown: open sessions are ended
    process_stop "$state/pid/postgres" INT 60
}
