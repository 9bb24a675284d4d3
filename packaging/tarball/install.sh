#!/bin/sh
# Installs Bussa from this directory: install.sh [--prefix DIR] (default /usr/local); --uninstall takes it away again.
# Root's own files, /etc/knockd.conf and /etc/default/knockd, are written only where there are none.

set -eu
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
[ "$(id -u)" -eq 0 ] || { echo "install.sh: writing to $prefix and /etc needs root: run sudo $0" >&2; exit 77; }

main() {
  require_libraries
  install -d -m 755 "$prefix/bin" "$prefix/sbin"
  # Put in the place of the one that runs, which keeps its own file.
  install -m 755 "$here/bin/bussa" "$prefix/bin/.bussa-new"
  mv -f "$prefix/bin/.bussa-new" "$prefix/bin/bussa"
  ln -sf bussa "$prefix/bin/knock"
  ln -sf ../bin/bussa "$prefix/sbin/knockd"
  (cd "$here/share" && find . -type f) | while read -r file; do
    install -D -m 644 "$here/share/$file" "$prefix/share/$file"
  done
  ln -sf bussa "$prefix/share/bash-completion/completions/knock"
  ln -sf bussa "$prefix/share/bash-completion/completions/knockd"
  install -d -m 755 /etc/systemd/system
  sed "s|^ExecStart=[^ ]*|ExecStart=$prefix/sbin/knockd|" "$here/etc/knockd.service" >/etc/systemd/system/knockd.service
  chmod 644 /etc/systemd/system/knockd.service
  keep_or_install 600 knockd.conf /etc/knockd.conf
  keep_or_install 644 default-knockd /etc/default/knockd
  [ ! -d /etc/logrotate.d ] || keep_or_install 644 knockd.logrotate /etc/logrotate.d/knockd
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
  echo "Installed below $prefix. Next: bussa init, or write /etc/knockd.conf by hand and run bussa check."
}

# At its stop the service closes every open door, and opens the ports that it has closed.
uninstall() {
  unit=/etc/systemd/system/knockd.service
  if [ -d /run/systemd/system ] && grep -q "^ExecStart=$prefix/sbin/knockd" "$unit" 2>/dev/null; then
    systemctl disable --now knockd.service
  fi
  rm -f "$prefix/bin/bussa" "$prefix/bin/knock" "$prefix/sbin/knockd" \
    "$prefix/share/bash-completion/completions/knock" "$prefix/share/bash-completion/completions/knockd"
  (cd "$here/share" && find . -type f) | while read -r file; do rm -f "$prefix/share/$file"; done
  [ ! -d "$prefix/share/doc/bussa" ] || find "$prefix/share/doc/bussa" -depth -type d -exec rmdir --ignore-fail-on-non-empty {} +
  if grep -q "^ExecStart=$prefix/sbin/knockd" "$unit" 2>/dev/null; then rm -f "$unit"; fi
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
  echo "Taken away from below $prefix. Kept: /etc/knockd.conf, /etc/default/knockd, /etc/logrotate.d/knockd, /var/lib/bussa."
}

keep_or_install() {
  if [ -e "$3" ] || [ -L "$3" ]; then
    echo "Kept: $3"
  else
    install -D -m "$1" "$here/etc/$2" "$3"
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

$deed
