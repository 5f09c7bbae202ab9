# shellcheck shell=bash
# The account that the private servers run under. A normal user runs everything as himself. PostgreSQL refuses to run
# as root, so root runs all of them as an account without rights.

# service_user_choose: sets service_user and as_service (a command prefix, empty for a normal user).
service_user_choose() {
    service_user=$(id -un)
    as_service=()
    [ "$(id -u)" = 0 ] || return 0
    service_user=nobody
    if getent passwd postgres >/dev/null; then service_user=postgres; fi
    as_service=(setpriv "--reuid=$service_user" "--regid=$(id -g "$service_user")" --clear-groups --)
}

# service_user_reaches FOLDER: can the account enter it?
service_user_reaches() {
    [ "${#as_service[@]}" = 0 ] || "${as_service[@]}" test -x "$1"
}

# service_user_folder FOLDER...: makes folders that only the account (and root) can enter.
service_user_folder() {
    local folder
    for folder in "$@"; do
        mkdir -p "$folder"
        chmod 700 "$folder"
        [ "${#as_service[@]}" = 0 ] || chown "$service_user:" "$folder"
    done
}
