# shellcheck shell=bash
# A private OpenLDAP server with the demo domain. Everything is in its folder; the account that runs it and root may
# administer it over the local socket by their peer credentials, so there is no administrator's password.
# Needs service_user.sh, process.sh.

directory_schema=/etc/ldap/schema
directory_modules=/usr/lib/ldap

# directory_base DOMAIN: example.test -> dc=example,dc=test
directory_base() { printf 'dc=%s' "${1//./,dc=}"; }

# directory_socket_uri FOLDER: the ldapi address of the server in FOLDER.
directory_socket_uri() { printf 'ldapi://%s' "$(printf '%s/ldapi' "$1" | sed 's#/#%2F#g')"; }

# directory_fill FILE DOMAIN FOLDER CA CERT KEY: a template with its names filled in, on standard output.
directory_fill() {
    local base
    base=$(directory_base "$2")
    sed -e "s#@BASE@#$base#g" -e "s#@DC@#${2%%.*}#g" -e "s#@DOMAIN@#$2#g" -e "s#@DIR@#$3#g" -e "s#@CA@#${4:-}#g" \
        -e "s#@CERT@#${5:-}#g" -e "s#@KEY@#${6:-}#g" -e "s#@SCHEMA@#$directory_schema#g" \
        -e "s#@MODULES@#$directory_modules#g" \
        -e "s#@ME@#gidNumber=$(id -g "$service_user")+uidNumber=$(id -u "$service_user"),cn=peercred,cn=external,cn=auth#g" \
        "$1"
}

# directory_configure FOLDER DOMAIN CA CERT KEY LOG: makes the configuration database and an empty data folder.
directory_configure() {
    local folder=$1
    rm -rf "${folder:?}/slapd.d" "${folder:?}/data"
    service_user_folder "$folder" "$folder/slapd.d" "$folder/data"
    # slapadd does not follow "include:" lines, so the schema files are put in here
    directory_fill "${BASH_SOURCE[0]%/*}/directory-config.ldif.in" "$2" "$folder" "$3" "$4" "$5" |
        while IFS= read -r line; do
            case $line in
                "include: file://"*) cat "${line#include: file://}"; echo ;;
                *) printf '%s\n' "$line" ;;
            esac
        done >"$folder/config.ldif"
    slapadd -n 0 -F "$folder/slapd.d" -l "$folder/config.ldif" >>"$6" 2>&1 || return 1
    rm -f "$folder/config.ldif"
    [ "${#as_service[@]}" = 0 ] || chown -R "$service_user:" "$folder/slapd.d"
}

# directory_start FOLDER LOG URIS: the local socket and, when not empty, the addresses in URIS.
directory_start() {
    rm -f "$1/ldapi"
    # -d 0 keeps it in the foreground, so that its pid is known and no log daemon is used
    process_start "$1.pid" "$2" "${as_service[@]}" "${directory_wrapper[@]}" "$(command -v slapd)" -d 0 \
        -F "$1/slapd.d" -h "$(directory_socket_uri "$1")${3:+ $3}"
}
directory_wrapper=()

# directory_wait FOLDER SECONDS: until it answers.
directory_wait() {
    local limit=$(($2 * 40))
    while ! { [ -S "$1/ldapi" ] &&
        ldapsearch -LLL -Q -Y EXTERNAL -H "$(directory_socket_uri "$1")" -s base -b '' 1.1 >/dev/null 2>&1; }; do
        process_alive "$1.pid" || return 1
        limit=$((limit - 1))
        [ "$limit" -gt 0 ] || return 1
        sleep 0.025
    done
}

# directory_load FOLDER LOG: the entries on standard input (LDIF with changetype lines) go in over the local socket;
# offline loading would leave out what the overlays add, such as memberOf.
directory_load() {
    ldapmodify -Q -Y EXTERNAL -H "$(directory_socket_uri "$1")" >>"$2" 2>&1
}
