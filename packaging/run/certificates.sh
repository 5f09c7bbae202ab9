# shellcheck shell=bash
# A certificate authority and a server certificate, made on the machine that uses them. Needs terminal.sh.

# certificates_create FOLDER LOG NAMES...: ca.pem, ca.key, server.pem, server.key in FOLDER. A name that looks like an
# IPv4 address becomes an IP entry. Finished files appear at the end, so an interrupted run starts anew.
certificates_create() {
    local folder=$1 log=$2 name names='' new
    shift 2
    for name in "$@"; do
        case $name in
            *[!0-9.]*) names=$names${names:+,}DNS:$name ;;
            *) names=$names${names:+,}IP:$name ;;
        esac
    done
    new=$(mktemp -d "$folder/new.XXXXXX") || return 1
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Bourse test authority $(random_text 6)" \
            -keyout "$new/ca.key" -out "$new/ca.pem" -addext keyUsage=critical,keyCertSign,cRLSign &&
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$new/server.key" \
                -out "$new/server.csr" &&
            printf 'subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n' \
                "$names" >"$new/extensions" &&
            openssl x509 -req -in "$new/server.csr" -CA "$new/ca.pem" -CAkey "$new/ca.key" -days 800 \
                -set_serial "0x$(openssl rand -hex 16)" -extfile "$new/extensions" -out "$new/server.pem"
    } >>"$log" 2>&1 || return 1
    chmod 600 "$new/ca.key" "$new/server.key"
    chmod 644 "$new/ca.pem" "$new/server.pem"
    mv "$new/ca.key" "$new/ca.pem" "$new/server.key" "$folder/"
    mv "$new/server.pem" "$folder/"
    rm -rf "$new"
}
