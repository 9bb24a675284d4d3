#!/bin/sh
# Installs what is missing on this machine and in this clone; says and starts nothing when all is there.
#
#   setup.sh          what the daemon needs: Node.js packages, libpcap, libnftables, iptables
#   setup.sh knock    what the client needs: Node.js packages
#   setup.sh build    what makes the self-contained executable
#   setup.sh make     what makes the packages; with more words, for the architectures that they name
#   setup.sh package  what installs the Debian package on a bare system and judges it
#   setup.sh test     what the tests need as well; the original knockd is unpacked to .cache, and not installed
#   setup.sh bench    what the benchmark needs: the same
#
# No service is started or enabled, no question is asked, and no file that the administrator has changed is touched.
#
# All messages go to standard error. Exit status: 0 all there, 77 something needs root, 1 anything else.

set -eu
root=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/node.sh
. "$root/scripts/node.sh"

what=${1-knockd} words=" $* "
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # a user's own PATH often lacks these
missing= unpacks_knockd=

main() {
  case $what in
    knock) need_packages_for_client ;;
    knockd | bussa) need_packages_for_daemon ;;
    build) need_packages_for_build ;;
    make) need_packages_for_build; need_packages_to_make ;;
    package) need_packages_for_daemon; need_packages_for_build; need_packages_for_package ;;
    test) need_packages_for_daemon; need_packages_for_build; need_packages_for_tests ;;
    bench) need_packages_for_daemon; need_packages_for_build; need_packages_for_tests ;;
    *) fail 2 "setup.sh: unknown set \"$what\": use knock, knockd, build, make, package, test or bench" ;;
  esac
  [ -z "$missing" ] || install_packages
  [ -z "$unpacks_knockd" ] || has_original_knockd || unpack_original_knockd
  npm_is_current || install_npm_packages
}

need_packages_for_client() {
  # Something must fetch Node.js and koffi.
  npm_is_current || need_command npm npm
  # Node.js is linked with it, and a bare Debian has it not.
  has_libatomic || need libatomic1
}

need_packages_for_daemon() {
  need_packages_for_client
  has_libpcap || need libpcap0.8
  has_libnftables || need libnftables1
  need_command iptables iptables
  # Bussa needs it not; its owner does, to look at the leases.
  need_command ipset ipset
}

# Those that share a command's name are looked up by the file that only the wanted one has.
need_packages_for_tests() {
  unpacks_knockd=yes
  need_command nc.openbsd netcat-openbsd
  need_command nmap nmap
  need_command hping3 hping3
  need_command zbarimg zbar-tools
  need_command oathtool oathtool
  need_command tcpreplay tcpreplay
  need_command tcpdump tcpdump
  need_command ufw ufw
  need_command firewall-cmd firewalld
  need_command dbus-daemon dbus-daemon
  need_command logrotate logrotate
  need_command nft nftables
  need_command conntrack conntrack
  need_command ip iproute2
  need_command ps procps
  need_command setcap libcap2-bin
  need_command setfacl acl
  need_command mandoc mandoc
  need_command tmux tmux
  need_command fail2ban-regex fail2ban
  need_command zsh zsh
  need_command fish fish
  need_command ssh openssh-client
  need_command gcc gcc
  need_file /usr/include/openssl/evp.h libssl-dev
  need_command strace strace
  need_file /usr/sbin/sshd openssh-server
  need_command script bsdutils
  need_command openssl openssl
  # 50 s, and 340 MB on the disk: the page that knocks is tried in a real browser.
  need_command chromium chromium
  need_command ping iputils-ping
  need_command systemd-analyze systemd
  need_command promtool prometheus
  need_command jq jq
  need_file /usr/sbin/fwknopd fwknop-server
  need_command fwknop fwknop-client
  need_command redis-server redis-server
  need_command redis-sentinel redis-sentinel
  need_command redis-cli redis-tools
  need_file /lib/lsb/init-functions lsb-base
  has_libfaketime || need libfaketime
  need_command curl curl
  need_command wg-quick wireguard-tools
  need_command wireguard-go wireguard-go
}

need_packages_for_build() {
  need_packages_for_client
  need_command strip binutils
}

# strip(1) reads only executables of its own architecture.
need_packages_to_make() {
  need_command dpkg-deb dpkg
  need_command rpmbuild rpm
  case $words in *[\ =]arm64\ * | *[\ =]aarch64\ *) need_command aarch64-linux-gnu-strip binutils-aarch64-linux-gnu ;; esac
  case $words in *[\ =]amd64\ * | *[\ =]x64\ * | *[\ =]x86_64\ *) need_command x86_64-linux-gnu-strip binutils-x86-64-linux-gnu ;; esac
}

need_packages_for_package() {
  need_command qemu-aarch64-static qemu-user-static

  need_command debootstrap debootstrap
  need_command lintian lintian
  need_command ansible-playbook ansible-core
  need_file /usr/lib/python3/dist-packages/apt python3-apt
  need_command ip iproute2
  need_command script bsdutils
  need_command curl curl
}

need() { missing="$missing $1"; }
need_command() { command -v "$1" >/dev/null 2>&1 || need "$2"; }
need_file() { [ -e "$1" ] || need "$2"; }

has_libatomic() {
  for file in /usr/lib/*/libatomic.so.1 /usr/lib/libatomic.so.1 /usr/lib64/libatomic.so.1; do
    [ ! -e "$file" ] || return 0
  done
  ldconfig -p 2>/dev/null | grep -q 'libatomic\.so\.1 '
}

has_libpcap() {
  for file in /usr/lib/*/libpcap.so.0.8 /usr/lib/libpcap.so.0.8 /usr/lib64/libpcap.so.1 /usr/lib/libpcap.so.1; do
    [ ! -e "$file" ] || return 0
  done
  ldconfig -p 2>/dev/null | grep -Eq 'libpcap\.so\.(0\.8|1) '
}

has_libnftables() {
  for file in /usr/lib/*/libnftables.so.1 /usr/lib/libnftables.so.1 /usr/lib64/libnftables.so.1; do
    [ ! -e "$file" ] || return 0
  done
  ldconfig -p 2>/dev/null | grep -q 'libnftables\.so\.1 '
}

has_libfaketime() {
  for file in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1; do
    [ ! -e "$file" ] || return 0
  done
  return 1
}

npm_is_current() {
  has_npm_packages || return 1
  ! is_set_up || return 0
  # The files' times say nothing after a fresh checkout: compare the content. A hand-made `npm ci` or
  # `npm install` leaves no stamp but npm's own record.
  if cmp -s "$root/package-lock.json" "$stamp" ||
    [ "$root/node_modules/.package-lock.json" -nt "$root/package-lock.json" ]; then
    set_stamp
    return 0
  fi
  return 1
}

has_npm_packages() {
  [ -d "$root/node_modules/koffi" ] || return 1
  case $what in build | make | package | test | bench) [ -d "$root/node_modules/esbuild" ] || return 1 ;; esac
  find_node
}

# In a clone that belongs to somebody else there is just no stamp, and each start compares the content.
set_stamp() {
  [ ! -w "$root/node_modules" ] || cp "$root/package-lock.json" "$stamp"
}

install_npm_packages() {
  lock "$root"
  ! npm_is_current || return 0
  [ -w "$root" ] || fail 77 "node_modules is missing or out of date, and $root belongs to somebody else: run as its owner: cd '$root' && npm ci"
  say 'installing the Node.js packages (npm ci; some minutes the first time)'
  output=$(cd "$root" && npm ci --include=dev --no-fund --no-audit 2>&1 </dev/null) ||
    fail 1 "$output" "npm ci failed in $root: see its words above"
  drop_packages_for_musl
  find_node || fail 1 "$output" "npm ci has left no Node.js in node_modules: there is one for Linux on x64 and arm64; on another machine install Node.js 24 or later, then run this again"
  set_stamp
}

# npm 9, which Debian and Ubuntu have, does not read `libc` in the lock file and installs them too: 90 MB.
drop_packages_for_musl() {
  getconf GNU_LIBC_VERSION >/dev/null 2>&1 || return 0
  rm -rf "$root"/node_modules/@*/*-musl "$root"/node_modules/@*/*-musl-*
}

install_packages() {
  command -v apt-get >/dev/null 2>&1 ||
    fail 1 "missing on this machine, by the names of Debian's packages:$missing" \
      "there is no apt-get here: install the like with this system's own package manager (libpcap as libpcap.so.0.8 or libpcap.so.1, libnftables as libnftables.so.1), then run this again"
  become_root
  lock /var/lib/dpkg
  # Whoever held the lock may have installed the same.
  names=
  for name in $missing; do
    is_installed "$name" || names="$names $name"
  done
  missing=$names
  [ -n "$missing" ] || return 0
  say "installing system packages:$missing"
  updated=
  for name in $missing; do
    apt-cache show "$name" >/dev/null 2>&1 || update_lists
  done
  # Debian's packages would start their services, now and at boots: some write rules into the firewall, one lets people in.
  for name in $missing; do
    case $name in
      fwknop-server | fail2ban | firewalld | prometheus | ufw | shorewall | nftables | redis-server | redis-sentinel) mask "$name.service" ;;
      openssh-server) mask ssh.service && mask ssh.socket ;;
    esac
  done
  forbid_starts
  # Lists that are there may be too old to name files that still exist, and an installation before this one may have ended
  # in the middle.
  apt_install || { [ -z "$updated" ] && update_lists && apt_install; } || { configure_rest && apt_install; } ||
    fail 1 "$output" "apt-get install failed for$missing: see its words above"
  allow_starts
}

# Debian's own way to install without a start of what is not masked by name; an administrator's policy stays.
forbid_starts() {
  policy=/usr/sbin/policy-rc.d
  # One of a setup that was killed is ours.
  if [ -e "$policy" ] || [ -L "$policy" ]; then grep -qF "$policy_mark" "$policy" 2>/dev/null || return 0; fi
  trap allow_starts EXIT
  trap 'exit 1' HUP INT TERM
  $as_root sh -c 'umask 022; printf "#!/bin/sh\n%s\nexit 101\n" "$2" >"$1.new" && chmod 755 "$1.new" && mv -fT "$1.new" "$1"' \
    sh "$policy" "$policy_mark" || fail 1 "cannot write $policy, which keeps packages from starting their services"
}

policy_mark='# Made by setup.sh of Bussa while it installs packages.'

allow_starts() {
  if grep -qF "$policy_mark" /usr/sbin/policy-rc.d 2>/dev/null; then $as_root rm -f /usr/sbin/policy-rc.d; fi
}

# The original daemon and its client, for comparison. Installing them would take the place of Bussa's package, and ask
# about the configuration, which is Bussa's too.
unpack_original_knockd() {
  command -v dpkg-deb >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 ||
    fail 1 "the tests compare with the original knockd, of which there is none here: install it with this system's package manager"
  lock "$root"
  ! has_original_knockd || return 0
  half=$root/.cache/knockd.$$
  mkdir -p "$half"
  # apt wants to fetch as a user of its own, which may not write here.
  fetch_knockd || { become_root; updated=; update_lists; fetch_knockd; } || {
    rm -rf "$half"
    fail 1 "$output" 'apt-get download knockd failed: see its words above'
  }
  dpkg-deb -x "$half"/knockd_*.deb "$half" || fail 1 "cannot unpack the original knockd below $half"
  rm -rf "$root/.cache/knockd"
  mv -T "$half" "$root/.cache/knockd"
}

fetch_knockd() { output=$(cd "$half" && apt-get -qq -o APT::Sandbox::User=root download knockd 2>&1 </dev/null); }

# Bussa's packages have a link of that name.
has_original_knockd() {
  for file in "$root/.cache/knockd/usr/sbin/knockd" /usr/sbin/knockd; do
    if [ -x "$file" ] && [ ! -L "$file" ]; then return 0; fi
  done
  return 1
}

mask() {
  unit=/etc/systemd/system/$1
  { [ -e "$unit" ] || [ -L "$unit" ]; } || $as_root sh -c "mkdir -p '${unit%/*}' && ln -s /dev/null '$unit'" ||
    fail 1 "cannot mask $1 by a link to /dev/null at $unit"
}

is_installed() {
  case $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) in *' installed') return 0 ;; *) return 1 ;; esac
}

apt_install() {
  # libpcap0.8 names libpcap0.8t64 too, where a release calls it that.
  # shellcheck disable=SC2086 # a list of names
  output=$($as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    --no-install-recommends --no-remove $missing 2>&1 </dev/null)
}

# What was unpacked and not configured, because a question found nobody to answer it for one.
configure_rest() {
  say 'an earlier installation has not ended: finishing it (dpkg --configure -a)'
  $as_root env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a >&2 </dev/null
}

update_lists() {
  [ -z "$updated" ] || return 0
  updated=yes
  output=$($as_root apt-get -qq update 2>&1 </dev/null) || say "$output" 'apt-get update failed: going on with the old lists'
}

become_root() {
  as_root=
  [ "$(id -u)" -ne 0 ] || return 0
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
    return 0
  fi
  fail 77 "system packages are missing and installing them needs root. Run this, then try again:" \
    "  sudo apt-get install --no-install-recommends$missing"
}

# Waits until no other setup is at work on that directory. The lock is on the directory itself, so it leaves no
# file behind, and it ends with this process.
lock() {
  command -v flock >/dev/null 2>&1 || return 0
  exec 9<"$1"
  flock 9
}

say() { for line; do printf 'bussa: %s\n' "$line" >&2; done; }
fail() {
  status=$1
  shift
  say "$@"
  exit "$status"
}

main
