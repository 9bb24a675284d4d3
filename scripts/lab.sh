#!/bin/sh
# npm run lab: a daemon in one network namespace, a shell in another, a cable between them. Everything goes at the end.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
server=bussa-lab-host-$$
client=bussa-lab-client-$$
lab=

main() {
  [ "$(id -u)" -eq 0 ] || fail 'the lab makes network namespaces, which needs root: sudo npm run lab'
  sh "$root/scripts/setup.sh" knockd
  lab=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  lay_cable
  write_files
  start_daemon
  introduce
  PATH=$lab:$root/bin:$PATH PS1='lab$ ' ip netns exec "$client" sh -i || :
}

lay_cable() {
  ip netns add "$server"
  ip netns add "$client"
  ip -n "$client" link add eth0 type veth peer name eth0 netns "$server"
  for side in "$server 1" "$client 2"; do
    # shellcheck disable=SC2086 # a name and a number
    set -- $side
    ip -n "$1" link set lo up
    ip -n "$1" addr add "10.77.0.$2/24" dev eth0
    ip -n "$1" addr add "fd77::$2/64" dev eth0 nodad
    ip -n "$1" link set eth0 up
  done
}

write_files() {
  cat > "$lab/knockd.conf" <<CONF
[options]
	LogFile = $lab/log

[lab]
	sequence    = 7000,8000,9000
	seq_timeout = 15
	tcpflags    = syn
	open        = tcp/22
	open_for    = 60
CONF
  chmod 600 "$lab/knockd.conf"
  printf '#!/bin/sh\nexec ip netns exec %s "$@"\n' "$server" > "$lab/host"
  cat > "$lab/bussa-host" <<SCRIPT
#!/bin/sh
verb=\${1-help}
[ \$# -eq 0 ] || shift
exec ip netns exec $server $root/bin/bussa "\$verb" --state $lab/state "\$@"
SCRIPT
  chmod +x "$lab/host" "$lab/bussa-host"
}

start_daemon() {
  ip netns exec "$server" "$root/bin/knockd" -c "$lab/knockd.conf" --state "$lab/state" > "$lab/output" 2>&1 &
  daemon=$!
  until [ -s "$lab/log" ] && grep -q listening "$lab/log"; do
    kill -0 "$daemon" 2>/dev/null || { cat "$lab/output" >&2; fail 'the daemon has ended'; }
    sleep 0.1
  done
}

introduce() {
  cat <<TEXT
The host is 10.77.0.1 and fd77::1; you are 10.77.0.2 and fd77::2. Its port 22 is closed until you knock:

    knock -d 50 10.77.0.1 7000 8000 9000

    bussa-host status        bussa, as on the host: status, leases, explain 10.77.0.2, watch …
    host COMMAND             any command there, such as: host nft list ruleset
    tail -f $lab/log

exit ends the lab.
TEXT
}

clean_up() {
  [ -z "${daemon-}" ] || kill "$daemon" 2>/dev/null || :
  [ -z "${daemon-}" ] || wait "$daemon" 2>/dev/null || :
  ip netns del "$server" 2>/dev/null || :
  ip netns del "$client" 2>/dev/null || :
  [ -z "$lab" ] || rm -rf "$lab"
}

fail() {
  echo "lab: $1" >&2
  exit 1
}

main
