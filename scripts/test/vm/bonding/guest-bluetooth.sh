#!/usr/bin/env bash
# In the VM: the adapter whose air is on the host, the D-Bus and bluetoothd; then a command. The command finds
#   TEST_PERIPHERAL_COMMANDS  a pipe for what peripheral.py lists     TEST_PERIPHERAL_EVENTS  a file of what it tells
set -u
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
export TEST_PERIPHERAL_COMMANDS=/run/peripheral.commands TEST_PERIPHERAL_EVENTS=/run/peripheral.events
for port in /sys/class/virtio-ports/*; do
  case $(cat "$port/name") in air) air=/dev/${port##*/} ;; peer) peer=/dev/${port##*/} ;; esac
done
python3 -I -S "$here/guest-adapter.py" "$air" > /run/adapter 2>&1 & children=$!
mkfifo $TEST_PERIPHERAL_COMMANDS
exec 8<> $TEST_PERIPHERAL_COMMANDS 9<> "$peer"
cat <&8 >&9 & children+=" $!"
cat <&9 > $TEST_PERIPHERAL_EVENTS & children+=" $!"
mkdir -p /run/dbus
dbus-daemon --system --fork
bluetoothd=/usr/libexec/bluetooth/bluetoothd
[ -x $bluetoothd ] || bluetoothd=/usr/lib/bluetooth/bluetoothd
until [ -s /run/adapter ]; do sleep 0.05; done
export TEST_BLUEZ_ADAPTER=$(cat /run/adapter)
$bluetoothd -n > /run/bluetoothd.log 2>&1 & children+=" $!"
until hciconfig "$TEST_BLUEZ_ADAPTER" 2> /dev/null | grep -q 'UP RUNNING'; do sleep 0.05; done
"$@" 8<&- 9<&-
ended=$?
[ $ended = 0 ] || { echo '--- device'; cat $TEST_PERIPHERAL_EVENTS; echo '--- bluetoothd'; tail -n 20 /run/bluetoothd.log; } >&2
kill -9 $children 2> /dev/null
exit $ended
