#!/usr/bin/env bash
# In the VM: runs each writer on a file system of its own on the recorded disk /dev/vda; what it says goes to the folder
# of the 9p tag "words", where the recorder reads it.
#   guest-record.sh GROUPS [NAME WRITER OMISSION]...
set -eu
groups=$1
shift
mkdir -p /run/words /run/cut
mount -t 9p -o trans=virtio,version=9p2000.L,cache=none words /run/words
exec 3>> /run/words/words
while [ $# -gt 0 ]; do
  mkfs.ext4 -q -F -b 4096 -E nodiscard /dev/vda
  mount -t ext4 -o noatime /dev/vda /run/cut
  mkdir /run/cut/d
  sync -f /run/cut
  echo "begin $1|$3" >&3
  node "$2" "$3" /run/cut/d "$groups" >&3
  echo "end" >&3
  umount /run/cut
  shift 3
done
