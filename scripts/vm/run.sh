#!/usr/bin/env bash
# run.sh [-m MiB] [-t seconds] [-M module,module] [-u] -- command [argument...]
# Runs a command in a VM with a stock Debian kernel that sees this machine's files: read-only, with a layer of RAM on top,
# in the same folder. Output and exit code are the command's. -M loads modules, -u starts udev. No network.
# 124: it took longer than allowed; 125: the VM itself failed, its console is shown. VM_QEMU_ARGS: further devices.
# Only PATH, HOME, LANG, CI and names that begin with TEST_ reach the guest.
set -uo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
memory=1024 limit=300 modules= udev=
while [ $# -gt 0 ]; do
  case $1 in
    -m) memory=$2; shift 2 ;;
    -t) limit=$2; shift 2 ;;
    -M) modules=${2//,/ }; shift 2 ;;
    -u) udev=1; shift ;;
    --) shift; break ;;
    *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
  esac
done
cache=$("$here/prepare.sh") || exit 125
version=$(cat "$cache/kernel.stamp")

machine() { # acceleration, processor
  arguments=(-M "q35,vmport=off,smm=off,sata=off,i8042=off,usb=off" -accel "$1" -cpu "$2" -m "$memory" -smp 2
    -nodefaults -no-user-config -no-reboot -display none -kernel "$cache/vmlinuz" -initrd "$cache/initrd.gz")
}
# The kernel's own acceleration may be there and yet unable to run a stock kernel, on a machine that is virtual itself.
works() {
  [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo || return 1
  machine kvm host,-arch-capabilities
  timeout -k 2 6 qemu-system-x86_64 "${arguments[@]}" -serial stdio -append "console=ttyS0 quiet panic=-1 vmprobe" \
    2> /dev/null < /dev/null | grep -q VMPROBE-OK
}
if works; then machine kvm host,-arch-capabilities; else machine tcg,thread=multi,tb-size=256 max; fi

job=$(mktemp -d)
trap 'rm -rf "$job"' EXIT
mkdir "$job/share"
echo "$cache/tree/lib/modules/$version" > "$job/share/modules"
{
  printf 'cd %q\n' "$PWD"
  while IFS= read -r -d '' pair; do
    case ${pair%%=*} in PATH | HOME | LANG | CI | TEST_*) printf 'export %s=%q\n' "${pair%%=*}" "${pair#*=}" ;; esac
  done < /proc/self/environ
  printf 'exec'
  printf ' %q' "$@"
  echo
} > "$job/share/command"
cat > "$job/share/boot" << BOOT
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
hostname wattline-vm; ip link set lo up
for module in $modules; do modprobe \$module || echo "vm: no module \$module" >&2; done
if [ -n "$udev" ]; then mkdir -p /run/udev; /lib/systemd/systemd-udevd --daemon 2> /dev/null; udevadm trigger; udevadm settle; fi
for port in /sys/class/virtio-ports/*; do
  case \$(cat \$port/name) in out) OUT=/dev/\${port##*/} ;; err) ERR=/dev/\${port##*/} ;; esac
done
/bin/bash /run/job/command > \$OUT 2> \$ERR < /dev/null
echo \$? > /run/job/exit
sync
/bin/busybox poweroff -f
BOOT
mkfifo "$job/out" "$job/err"
cat "$job/out" & out=$!
cat "$job/err" >&2 & err=$!
arguments+=(-device virtio-rng-pci
  -fsdev "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap" -device virtio-9p-pci,fsdev=root,mount_tag=root
  -fsdev "local,id=job,path=$job/share,security_model=none" -device virtio-9p-pci,fsdev=job,mount_tag=job
  -device virtio-serial-pci -chardev "file,id=o,path=$job/out,append=on" -device virtserialport,chardev=o,name=out
  -chardev "file,id=e,path=$job/err,append=on" -device virtserialport,chardev=e,name=err
  -serial "file:$job/console" -append "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off random.trust_cpu=on")
# Without quotes: it is a list.
arguments+=(${VM_QEMU_ARGS:-})
timeout -k 5 "$limit" qemu-system-x86_64 "${arguments[@]}" < /dev/null > "$job/qemu" 2>&1 & qemu=$!
trap 'kill "$qemu" 2> /dev/null; wait "$qemu" 2> /dev/null; rm -rf "$job"; exit 130' INT TERM
wait "$qemu"
ended=$?
# The readers end with their writers; a machine that never opened the pipes leaves them waiting.
: <> "$job/out"
: <> "$job/err"
sleep 0.05
kill "$out" "$err" 2> /dev/null
wait "$out" "$err" 2> /dev/null
[ -s "$job/share/exit" ] && exit "$(cat "$job/share/exit")"
{
  echo "vm: the guest gave no exit code (qemu: $ended)"
  cat "$job/qemu"
  tail -n 40 "$job/console"
} >&2
[ "$ended" = 124 ] && exit 124
exit 125
