# shellcheck shell=bash
# Postfix -> Dovecot LMTP on loopback ports, in a folder of its own. Sourced by smtp_to_mailbox.sh and smtp_queue_rate.sh; root only.
# Sets peer_port (SMTP into mailboxes) and peer_log (Dovecot's). peer_start FOLDER, peer_stop.

peer_start() {
    local lab=$1 lmtp
    PATH=$PATH:/usr/sbin:/sbin
    read -r peer_port lmtp < <("$root/tests/services/free-ports" 2)
    mkdir -p "$lab/spool" "$lab/data" "$lab/etc" "$lab/mail" "$lab/base" "$lab/state"
    chmod 755 "$lab"
    chown postfix "$lab/data"
    chown nobody "$lab/mail"
    peer_log=$lab/dovecot.log
    peer_folder=$lab
    cat >"$lab/dovecot.conf" <<CONF
base_dir = $lab/base
state_dir = $lab/state
log_path = $peer_log
instance_name = bourse-bench
protocols = lmtp
listen = 127.0.0.1
ssl = no
mail_location = sdbox:~/sdbox
mail_fsync = optimized
first_valid_uid = 1
mail_uid = nobody
mail_gid = nogroup
default_internal_user = dovecot
default_login_user = dovenull
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$lab/mail/%n allow_all_users=yes
}
passdb {
  driver = static
  args = nopassword=y
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $lmtp
  }
  process_limit = 200
}
service auth {
  client_limit = 6000
}
service anvil {
  client_limit = 6000
}
default_client_limit = 6000
auth_username_format = %n
protocol lmtp {
  postmaster_address = postmaster@example.test
  auth_username_format = %n
}
CONF
    cat >"$lab/etc/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $lab/spool
data_directory = $lab/data
maillog_file = /dev/stdout
myhostname = peer.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = example.test
virtual_transport = lmtp:inet:127.0.0.1:$lmtp
virtual_mailbox_maps =
alias_maps =
alias_database =
local_recipient_maps =
smtpd_recipient_restrictions = permit_mynetworks, reject
mynetworks = 127.0.0.0/8
lmtp_destination_concurrency_limit = 50
lmtp_destination_recipient_limit = 1
default_process_limit = 200
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
disable_dns_lookups = yes
relay_domains = sinkhole.test
transport_maps = inline:{sinkhole.test=discard:}
CONF
    cat >"$lab/etc/master.cf" <<CONF
127.0.0.1:$peer_port inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
    dovecot -F -c "$lab/dovecot.conf" &
    peer_dovecot=$!
    postfix -c "$lab/etc" start-fg >"$lab/postfix.log" 2>&1 &
    peer_postfix=$!
    local limit=200
    until (exec 3<>"/dev/tcp/127.0.0.1/$peer_port") 2>/dev/null && (exec 3<>"/dev/tcp/127.0.0.1/$lmtp") 2>/dev/null; do
        limit=$((limit - 1))
        [ "$limit" -gt 0 ] || { cat "$lab/postfix.log" "$peer_log" >&2; return 1; }
        sleep 0.05
    done
}

peer_stop() {
    postfix -c "$peer_folder/etc" stop >/dev/null 2>&1 || :
    kill "$peer_dovecot" 2>/dev/null || :
    wait "$peer_dovecot" "$peer_postfix" 2>/dev/null || :
}
