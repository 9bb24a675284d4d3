#!/bin/sh
# boot.sh NETWORK CGROUP SYSTEM CHANGES BOOT-ID [FROM TO]…: becomes the init of the Debian in the directory SYSTEM, which
# stays as it is: what it writes goes to CHANGES. Directories FROM are seen inside as TO, read-only. NETWORK is a network
# namespace, and CGROUP an empty one of version 2; the other namespaces are made here, and go, mounts and all, with their
# last process.

set -eu
if [ "$1" != --inside ]; then
  network=$1
  echo $$ >"$2/cgroup.procs"
  shift 2
  # No module, no machine to switch off. Nobody outlives the program that started this. The time namespace: a
  # machine that has been up for a second.
  uptime=$(cut -d . -f 1 /proc/uptime)
  set -- --monotonic "-$((uptime - 1))" --boottime "-$((uptime - 1))" --fork --kill-child --propagation private \
    sh "$0" --inside "$@"
  exec ip netns exec "$network" setpriv --pdeathsig KILL \
    --bounding-set=-sys_module,-sys_boot,-sys_rawio,-syslog,-audit_control,-audit_read \
    unshare --mount --uts --ipc --cgroup --pid --time "$@"
fi
shift
system=$1 changes=$2 boot_id=$3
shift 3

mkdir -p "$changes/upper" "$changes/work" "$changes/root"
mount -t overlay -o "lowerdir=$system,upperdir=$changes/upper,workdir=$changes/work" overlay "$changes/root"
cd "$changes/root"
mount -t proc proc proc
mount --bind "$boot_id" proc/sys/kernel/random/boot_id
# The kernel's settings are the machine's, but for the network's.
for place in proc/sys proc/sysrq-trigger; do
  [ -e "$place" ] || continue
  mount --bind "$place" "$place"
  mount -o remount,bind,ro "$place"
done
mount --bind /proc/sys/net proc/sys/net
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755,nosuid tmpfs dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp
# ProtectProc= gives the service another /proc, with the machine's own identity in it.
cp "$boot_id" run/boot-id
mkdir -p run/systemd/system/knockd.service.d
printf '[Service]\nBindReadOnlyPaths=/run/boot-id:/proc/sys/kernel/random/boot_id\n' \
  >run/systemd/system/knockd.service.d/boot-id.conf
while [ $# -gt 0 ]; do
  mkdir -p "./$2"
  mount --bind "$1" "./$2"
  mount -o remount,bind,ro "./$2"
  shift 2
done
mkdir run/before
pivot_root . run/before
umount -l /run/before
rmdir /run/before
# What LoadCredential= mounts reaches the service only so; systemd leaves that to whoever starts it in a container.
mount --make-rshared /
exec setpriv --bounding-set=-sys_time env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --show-status=no --log-target=journal
