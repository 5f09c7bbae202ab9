# shellcheck shell=bash
# Installs what packaging/packages.txt names and this machine lacks, and touches no service: package scripts may not start
# anything while we install, no PostgreSQL cluster and no slapd database is made, no installed package is removed, and
# what the new packages would start at the next boot is disabled. Needs terminal.sh.

# Servers that a package of the list would start at the next boot. (PostgreSQL has nothing to start without a cluster.)
packages_units="slapd postfix smbd nmbd samba-ad-dc winbind dovecot unbound davmail-server"

# packages_missing KIND...: the names of those that are not installed, one a line.
packages_missing() {
    local name kind command wanted=" $* " list=()
    while read -r name kind command; do
        case $name in '' | '#'*) continue ;; esac
        case $wanted in *" $kind "*) ;; *) continue ;; esac
        if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
        list+=("$name")
    done <"${BASH_SOURCE[0]%/*}/../packages.txt"
    # one query for all; what dpkg does not know at all is missing too
    comm -23 <(printf '%s\n' "${list[@]}" | sort) \
        <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${list[@]}" 2>/dev/null | sed -n 's/ installed$//p' | sort)
}

packages_as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# packages_install LOG KIND...
packages_install() {
    local log=$1 missing
    shift
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "these packages are missing: $(tr '\n' ' ' <<<"$missing")"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "these packages are missing and neither root nor sudo is at hand: $(tr '\n' ' ' <<<"$missing")"
    step "Installing $(wc -l <<<"$missing") Debian packages"
    # shellcheck disable=SC2086 # one word a package
    packages_as_root bash "${BASH_SOURCE[0]}" install $missing >>"$log" 2>&1 || die_with_log "$log" "packages were not installed"
    step_done
    missing=$(packages_missing "$@")
    if [ -n "$missing" ]; then
        echo "  Not installed, what needs them is skipped: $(tr '\n' ' ' <<<"$missing")"
    fi
}

# --- from here on as root, in a process of its own: "packages.sh install NAME..."

packages_policy=/usr/sbin/policy-rc.d
packages_cluster=/etc/postgresql-common/createcluster.conf
packages_mark="# placed by Bourse while it installs packages"

# shellcheck disable=SC2317 # called by the trap
packages_restore() {
    if grep -qs "$packages_mark" "$packages_policy"; then rm -f "$packages_policy"; fi
    if [ -e "$packages_cluster.before-bourse" ]; then mv -f "$packages_cluster.before-bourse" "$packages_cluster"; fi
}

packages_hold_services() {
    # an administrator's own policy stays; it may start services, which is then his decision
    if [ ! -e "$packages_policy" ]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$packages_mark" >"$packages_policy"
        chmod 755 "$packages_policy"
    fi
    echo "slapd slapd/no_configuration boolean true" | debconf-set-selections
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
}

# No "main" cluster: the setting is the administrator's if he wrote one, else it is ours for this minute.
packages_hold_cluster() {
    if [ ! -e "$packages_cluster" ] || grep -qE '^[[:space:]]*create_main_cluster' "$packages_cluster"; then return; fi
    cp -p "$packages_cluster" "$packages_cluster.before-bourse"
    echo "create_main_cluster = false" >>"$packages_cluster"
}

packages_apt() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -qq -y --no-install-recommends --no-remove \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
}

packages_as_root_install() {
    local unit known=" " name
    set -u
    packages_restore # what a killed run may have left
    trap packages_restore EXIT
    trap 'exit 130' INT TERM HUP
    for unit in $packages_units; do
        if [ -e "/lib/systemd/system/$unit.service" ] || [ -e "/etc/init.d/$unit" ]; then known="$known$unit "; fi
    done
    if ! find /var/lib/apt/lists -name '*_Packages*' -mtime -1 2>/dev/null | grep -q .; then
        apt-get -qq -o DPkg::Lock::Timeout=300 update || :
    fi
    packages_hold_services
    case " $* " in *" postgresql-1"*)
        # the package that holds the setting comes first, so that the setting is there when the server comes
        packages_apt postgresql-common || { apt-get -qq update && packages_apt postgresql-common; } || return 1
        packages_hold_cluster
        ;;
    esac
    if ! packages_apt "$@"; then
        apt-get -qq -o DPkg::Lock::Timeout=300 update || :
        # one by one: a package that would push out another one must not keep the rest away
        packages_apt "$@" || for name in "$@"; do packages_apt "$name" || echo "not installed: $name"; done
    fi
    for unit in $packages_units; do
        case $known in *" $unit "*) continue ;; esac
        if [ -e "/lib/systemd/system/$unit.service" ]; then systemctl disable "$unit.service" || :; fi
        if [ -e "/etc/init.d/$unit" ]; then update-rc.d "$unit" disable || :; fi
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ] && [ "${1:-}" = install ]; then
    shift
    packages_as_root_install "$@"
fi
