#!/bin/sh
# Installs Bussa from this directory: install.sh [--prefix DIR] (default /usr/local); --uninstall takes it away again.
# Root's own files, /etc/knockd.conf and /etc/default/knockd, are written only where there are none. No link is followed
# that this has not made, but for those on the way to DIR itself.

set -eu
umask 022
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd)
prefix=/usr/local deed=main
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=${2:?install.sh: --prefix needs a directory}; shift 2 ;;
    --prefix=*) prefix=${1#*=}; shift ;;
    --uninstall) deed=uninstall; shift ;;
    *) echo 'usage: install.sh [--prefix DIR] [--uninstall]' >&2; exit 2 ;;
  esac
done
case $prefix in /*) ;; *) echo "install.sh: --prefix needs a path from /, not '$prefix'" >&2; exit 2 ;; esac
while [ "${prefix%/}" != "$prefix" ]; do prefix=${prefix%/}; done
[ "$(id -u)" -eq 0 ] || { echo "install.sh: writing to $prefix and /etc needs root: run sudo $0" >&2; exit 77; }

defaults=/etc/default/knockd
units=/etc/systemd/system
unit=$units/knockd.service
# Neither enabled nor started. The socket comes after its service, by which is_own_other knows whose it is.
others='bussa-fleet.service bussa-web.service bussa-web.socket'
completions=share/bash-completion/completions

main() {
  require_libraries
  check_places
  # Put in the place of the one that runs, which keeps its own file.
  put_file 755 "$here/bin/bussa" "$prefix/bin/bussa"
  put_link bussa "$prefix/bin/knock"
  put_link ../bin/bussa "$prefix/sbin/knockd"
  shared | while read -r file; do put_file 644 "$here/share/$file" "$prefix/share/$file"; done
  put_link bussa "$prefix/$completions/knock"
  put_link bussa "$prefix/$completions/knockd"
  install_unit
  for other in $others; do install_other "$other"; done
  make_groups
  keep_or_install 600 knockd.conf /etc/knockd.conf
  keep_or_install 644 default-knockd "$defaults"
  [ ! -d /etc/logrotate.d ] || keep_or_install 644 knockd.logrotate /etc/logrotate.d/knockd
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
  echo "Installed below $prefix. Next: bussa init, or write /etc/knockd.conf by hand and run bussa check."
  take_over "$prefix/sbin/knockd" "$here/etc/knockd-commands.conf"
  if [ -d /run/systemd/system ]; then restart_others; fi
}

# Of bussa-fleet.service and bussa-web.service. Both stay at --uninstall: files may belong to them.
make_groups() {
  for group in bussa-fleet knockops; do
    getent group "$group" >/dev/null || groupadd --system "$group" ||
      echo "Not made: the group $group. Make it before its service starts: groupadd --system $group"
  done
}

# Those that run are of the version before. What does not run stays so.
restart_others() {
  for other in bussa-fleet.service bussa-web.service; do
    if is_own_other "$other"; then systemctl try-restart "$other" || echo "Not restarted: $other: systemctl status $other says why"; fi
  done
}

# At its stop the service closes every open door, and opens the ports that it has closed.
uninstall() {
  if [ -d /run/systemd/system ] && is_own_unit; then systemctl disable --now knockd.service; fi
  for other in bussa-web.socket bussa-web.service bussa-fleet.service; do uninstall_other "$other"; done
  take_link bussa "$prefix/$completions/knock"
  take_link bussa "$prefix/$completions/knockd"
  take_link bussa "$prefix/bin/knock"
  take_link ../bin/bussa "$prefix/sbin/knockd"
  take_file "$prefix/bin/bussa"
  shared | while read -r file; do take_file "$prefix/share/$file"; done
  if is_below "$prefix" "$prefix/share/doc/bussa" && [ -d "$prefix/share/doc/bussa" ]; then
    find "$prefix/share/doc/bussa" -depth -type d -exec rmdir --ignore-fail-on-non-empty {} +
  fi
  if is_own_unit; then rm -f "$unit"; fi
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
  echo "Taken away from below $prefix. Kept: /etc/knockd.conf, /etc/default/knockd, /etc/logrotate.d/knockd, /var/lib/bussa."
}

shared() { (cd "$here/share" && find . -type f | sed 's|^\./||' | LC_ALL=C sort); }

# Before anything is changed.
check_places() {
  {
    printf '%s\n' "$prefix/bin/bussa" "$prefix/bin/knock" "$prefix/sbin/knockd"
    shared | sed "s|^|$prefix/share/|"
    printf '%s\n' "$prefix/$completions/knock" "$prefix/$completions/knockd"
  } | while read -r file; do
    is_below "$prefix" "${file%/*}" || fail "$blocking is in the way of $file: it is $(what_is "$blocking"), which is not followed. Move it away, or install elsewhere with --prefix"
    if [ -e "$file" ] && [ ! -L "$file" ] && [ ! -f "$file" ]; then
      fail "$file is in the way: it is $(what_is "$file"). Move it away, or install elsewhere with --prefix"
    fi
  done
}

# is_below TOP DIR: whether the directories from TOP down to DIR are directories and no links, as far as there are any. If
# not, $blocking is the first that is none.
is_below() {
  rest=${2#"$1"} blocking=$1
  while [ -n "${rest#/}" ]; do
    rest=${rest#/}
    blocking=$blocking/${rest%%/*}
    case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
    if [ -L "$blocking" ]; then return 1; fi
    if [ -e "$blocking" ] && [ ! -d "$blocking" ]; then return 1; fi
  done
  return 0
}

what_is() {
  if [ -L "$1" ]; then echo "a link to $(readlink "$1")"; else stat -c 'a %F' "$1"; fi
}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# What stands under the name is replaced, and nothing written through it: neither a link nor a second name of a file.
put_file() {
  mkdir -p "${3%/*}"
  tell_of_link "$3"
  put "$1" "$3" <"$2"
}

put_link() {
  mkdir -p "${2%/*}"
  [ "$(readlink "$2")" = "$1" ] || tell_of_link "$2"
  draft=$(mktemp -u "$2.XXXXXX")
  ln -sT "$1" "$draft"
  mv -fT "$draft" "$2"
}

tell_of_link() {
  if [ -L "$1" ]; then echo "Replaced: $1, which was a link to $(readlink "$1")"; fi
}

take_file() {
  if is_below "$prefix" "${1%/*}" && [ -f "$1" ] && [ ! -L "$1" ]; then rm -f "$1"; else tell_of_rest "$1"; fi
}

take_link() {
  if is_below "$prefix" "${2%/*}" && [ "$(readlink "$2")" = "$1" ]; then rm -f "$2"; else tell_of_rest "$2"; fi
}

tell_of_rest() {
  if [ -e "$1" ] || [ -L "$1" ]; then echo "Left: $1, which install.sh has not made"; fi
}

install_unit() {
  if ! is_below /etc "$units"; then
    echo "Not installed: $unit, for $blocking is $(what_is "$blocking"), which is not followed"
  elif is_masked; then
    echo "Kept: $unit. The service knockd is masked and stays masked. Run systemctl unmask knockd, then run this again"
  elif [ -L "$unit" ] || { [ -e "$unit" ] && [ ! -f "$unit" ]; }; then
    echo "Kept: $unit, which is $(what_is "$unit"). Bussa's unit is $here/etc/knockd.service"
  else
    if [ -f "$unit" ] && ! is_own_unit; then
      put 644 "$unit.before-bussa" <"$unit"
      echo "Replaced: $unit; what it was is in $unit.before-bussa"
    fi
    mkdir -p "$units"
    sed "s|^ExecStart=[^ ]*|ExecStart=$prefix/sbin/knockd|" "$here/etc/knockd.service" | put 644 "$unit"
  fi
}

is_own_unit() {
  is_below /etc "$units" && [ -f "$unit" ] && [ ! -L "$unit" ] && grep -q "^ExecStart=$prefix/sbin/knockd" "$unit"
}

install_other() {
  other_unit=$units/$1
  if ! is_below /etc "$units"; then
    echo "Not installed: $other_unit, for $blocking is $(what_is "$blocking"), which is not followed"
  elif { [ -e "$other_unit" ] || [ -L "$other_unit" ]; } && ! is_own_other "$1"; then
    echo "Kept: $other_unit, which install.sh has not made. Bussa's unit is $here/etc/$1"
  else
    mkdir -p "$units"
    sed "s|^ExecStart=[^ ]*|ExecStart=$prefix/bin/bussa|" "$here/etc/$1" | put 644 "$other_unit"
  fi
}

uninstall_other() {
  is_own_other "$1" || return 0
  if [ -d /run/systemd/system ]; then systemctl disable --now "$1"; fi
  rm -f "$units/$1"
}

is_own_other() {
  case $1 in
    *.socket) is_own_other "${1%.socket}.service" && mark='Description=Page of the port-knock daemon$' ;;
    *) mark="ExecStart=$prefix/bin/bussa " ;;
  esac || return 1
  is_below /etc "$units" && [ -f "$units/$1" ] && [ ! -L "$units/$1" ] && grep -q "^$mark" "$units/$1"
}

keep_or_install() {
  if [ -e "$3" ] || [ -L "$3" ]; then
    echo "Kept: $3"
  elif ! is_below /etc "${3%/*}"; then
    echo "Not installed: $3, for $blocking is $(what_is "$blocking"), which is not followed"
  else
    mkdir -p "${3%/*}"
    put "$1" "$3" <"$here/etc/$2"
  fi
}

# The executable brings all but these along.
require_libraries() {
  words=$("$here/bin/bussa" --version 2>&1) || {
    echo "install.sh: bussa does not run here: $words" >&2
    echo 'install.sh: it needs the GNU C library 2.28 or later, libstdc++ and libatomic (Debian: libatomic1)' >&2
    exit 1
  }
  for library in libpcap.so.0.8 libnftables.so.1; do
    ldconfig -p | grep -q "$library " ||
      echo "install.sh: $library is missing, and the daemon needs it: install libpcap0.8 and libnftables1 (Debian), libpcap and nftables (others)" >&2
  done
}

# ---- take-over: the Debian package's postinst has this part, with $defaults and $units, as well ----

# take_over PROGRAM COMMANDS: PROGRAM is Bussa's knockd, COMMANDS the drop-in for doors with commands. One that is neither
# enabled nor runs is left alone. Where Bussa cannot start, the old daemon goes on. Says what was done in one line.
take_over() {
  program=$1 commands=$2
  mains=$(old_daemons)
  if [ -z "$mains" ] && ! is_enabled; then return 0; fi
  if is_masked; then
    tell 'knockd.service is masked and stays masked. To run Bussa: systemctl unmask knockd && systemctl start knockd'
    return 0
  fi
  read_options
  words=$(refusal) || {
    tell "knockd is not replaced yet, for $words"
    return 0
  }
  allow_start || return 0
  needs_commands && add_commands
  if [ -d /run/systemd/system ]; then
    replace_service
  elif [ -n "$mains" ] || [ -x /etc/init.d/knockd ]; then
    replace_process
  fi
}

# The daemons of this system, not those of containers or other networks. What a daemon has forked to close a door later is
# none: it goes on, and closes it.
old_daemons() {
  find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*' -name exe \
    \( -lname '*/knockd' -o -lname '*/knockd (deleted)' \) 2>/dev/null | while read -r exe; do
    process=${exe%/exe}
    is_old "$process" || continue
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$process/status" 2>/dev/null) || continue
    is_old "/proc/$parent" || echo "${process#/proc/}"
  done
}

# Bussa's own process has another file: the executable is called bussa, or it is Node.js.
is_old() {
  file=$(readlink "$1/exe" 2>/dev/null) || return 1
  case ${file% (deleted)} in */knockd) ;; *) return 1 ;; esac
  [ "$1/root" -ef / ] && [ "$(readlink "$1/ns/net")" = "$(readlink /proc/self/ns/net)" ]
}

# Whether it starts at boots: by systemd, or by a script that asks the file of defaults.
is_enabled() {
  if is_systemd; then
    set -- "$units"/*.wants/knockd.service "$units"/*.requires/knockd.service
  else
    [ "$(setting START_KNOCKD)" = 1 ] || return 1
    set -- /etc/rc[2-5].d/S*knockd
  fi
  for link; do
    [ ! -L "$link" ] || return 0
  done
  return 1
}

# The init, or in an image that has none yet, the likely one.
is_systemd() {
  [ ! -d /run/systemd/system ] || return 0
  case $(readlink -f /sbin/init) in */systemd) return 0 ;; esac
  [ ! -e /sbin/init ]
}

# As a shell reads the file of defaults, in one of its own.
setting() {
  if [ -f "$defaults" ]; then
    # shellcheck source=/dev/null
    (set +eu; . "$defaults" >/dev/null 2>&1; eval "printf %s \"\${$1-}\"") || true
  fi
}

# systemd.unit(5): a link to /dev/null, or an empty file.
is_masked() {
  for place in "$units/knockd.service" /run/systemd/system/knockd.service; do
    if [ "$(readlink -m "$place")" = /dev/null ]; then return 0; fi
    if [ -f "$place" ] && [ ! -s "$place" ]; then return 0; fi
  done
  return 1
}

# What the daemon is given: KNOCKD_OPTS, or what one that was started by hand was given.
read_options() {
  options=$(setting KNOCKD_OPTS) start=$(setting START_KNOCKD) by_hand=''
  if [ -z "$options" ] && [ -n "$mains" ]; then
    first=${mains%%
*}
    given=$(tr '\0\n' '\n?' <"/proc/$first/cmdline" | sed 1d | grep -vxE -e '-d|--daemon' | tr '\n' ' ')
    given=${given% }
    # Only what a shell and systemd read alike.
    case $given in *[!A-Za-z0-9_./:,@%+=\ -]*) ;; *) by_hand=$given options=$given ;; esac
  fi
  config=/etc/knockd.conf wanted=no
  for word in $options; do
    case $wanted$word in
      yes*) config=$word wanted=no ;;
      no-c | no--config) wanted=yes ;;
      no--config=*) config=${word#--config=} ;;
      no-c?*) config=${word#-c} ;;
    esac
  done
}

# Fails with the reason why Bussa must not start now.
refusal() {
  case $mains in '') runs='' ;; *) runs=', which runs on until then' ;; esac
  if [ -x /usr/sbin/policy-rc.d ]; then
    status=0
    /usr/sbin/policy-rc.d knockd start >/dev/null 2>&1 || status=$?
    if [ "$status" -eq 101 ]; then
      echo "policy-rc.d forbids to start a service: start knockd by hand$runs"
      return 1
    fi
  fi
  said=$("$program" --check -c "$config" 2>&1) || {
    line=$(printf '%s\n' "$said" | grep -v 'warning' | head -n 1)
    echo "its configuration has a mistake: $line; mend it, then run: systemctl restart knockd$runs"
    return 1
  }
}

# Debian's unit never asked for START_KNOCKD, which its file has as 0.
allow_start() {
  daemon=''
  # Debian's script takes another program from there.
  if ! is_systemd && [ "$program" != /usr/sbin/knockd ]; then daemon=$program; fi
  if [ "${start:-1}" = 1 ] && [ -z "$by_hand$daemon" ]; then return 0; fi
  if [ -L "$defaults" ] || { [ -e "$defaults" ] && [ ! -f "$defaults" ]; }; then
    tell "knockd is not replaced yet: $defaults is a link or no file: write START_KNOCKD=1 there, then systemctl restart knockd"
    return 1
  fi
  text=''
  if [ -f "$defaults" ]; then text=$(grep -vE "^[[:space:]]*(START_KNOCKD${daemon:+|DAEMON})=" "$defaults" || true); fi
  {
    if [ -n "$text" ]; then printf '%s\n' "$text"; fi
    echo 'START_KNOCKD=1'
    if [ -n "$daemon" ]; then echo "DAEMON=$daemon"; fi
    if [ -n "$by_hand" ]; then printf 'KNOCKD_OPTS="%s"\n' "$by_hand"; fi
  } | put 644 "$defaults"
}

needs_commands() {
  [ -d /run/systemd/system ] || [ -d /lib/systemd/system ] || return 1
  grep -Eiq '^[[:space:]]*(start_|stop_)?command(_6)?[[:space:]]*=' "$config" 2>/dev/null
}

add_commands() {
  directory=$units/knockd.service.d
  if [ -e "$directory/knockd-commands.conf" ] || [ -L "$directory/knockd-commands.conf" ]; then return 0; fi
  if [ -L "$directory" ]; then
    tell "$directory is a link: copy $commands there yourself, for doors with commands"
    return 0
  fi
  mkdir -p "$directory"
  put 644 "$directory/knockd-commands.conf" <"$commands"
}

# The file is replaced whole; what stood under its name is left to whoever else has it.
put() {
  draft=$(mktemp "$2.XXXXXX") || return 1
  if cat >"$draft" && chmod "$1" "$draft" && mv -fT "$draft" "$2"; then return 0; fi
  rm -f "$draft"
  return 1
}

replace_service() {
  # Only the daemon is told to end: what it has forked closes its doors.
  over=/run/systemd/system/knockd.service.d
  mkdir -p "$over"
  printf '[Service]\nKillMode=process\n' >"$over/bussa-take-over.conf"
  systemctl daemon-reload || true
  systemctl stop knockd.service || true
  rm -f "$over/bussa-take-over.conf"
  rmdir "$over" 2>/dev/null || true
  systemctl daemon-reload || true
  end_old
  if systemctl start knockd.service && systemctl is-active --quiet knockd.service; then
    tell "knockd goes on as Bussa: its service was $(was), and runs with $config"
  else
    tell 'knockd was stopped, and Bussa does not start in its place: journalctl -u knockd says why'
  fi
}

was() {
  if [ -z "$mains" ]; then echo enabled; elif is_enabled; then echo 'enabled and running'; else echo running; fi
}

# Where there is no systemd: by the init script, or as it was started.
replace_process() {
  end_old
  if [ -x /etc/init.d/knockd ] && command -v invoke-rc.d >/dev/null; then
    invoke-rc.d knockd start >/dev/null 2>&1 || true
  fi
  # shellcheck disable=SC2086 # options, to be split
  if is_bussa_running || "$program" -d $options >/dev/null 2>&1 </dev/null; then
    tell "knockd goes on as Bussa: it was $(was), and runs with $config"
  else
    tell "knockd was stopped, and Bussa does not start in its place: run knockd -d $options"
  fi
}

is_bussa_running() {
  for process in /proc/[0-9]*; do
    [ "$process/exe" -ef "$program" ] || continue
    [ "$process/root" -ef / ] || continue
    if [ "$(cat "$process/comm" 2>/dev/null)" = knockd ]; then return 0; fi
  done
  return 1
}

end_old() {
  for pid in $mains; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $mains; do
    left=100
    while is_old "/proc/$pid" && [ "$left" -gt 0 ]; do
      sleep 0.1
      left=$((left - 1))
    done
    if is_old "/proc/$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

tell() { echo "bussa: $*"; }

# ---- end of take-over ----

$deed
