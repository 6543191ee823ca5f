#!/usr/bin/env bash
# Prepares the test VM: unpacks a stock Debian kernel package (never installs it) and packs an initramfs of busybox and
# the modules that mounting the shared root takes. Prints the folder of both. May be called again and at once by several.
# Packages that must be there: scripts/vm/packages.txt; the kernel comes by `apt-get download`, which needs no root.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wattline/vm
kernel=${VM_KERNEL:-linux-image-6.12-amd64}
PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$cache"
cd "$cache"
exec 9> lock
flock 9

# The package that the name of the day stands for.
newest() { apt-cache depends "$1" 2> /dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -1; }

if [ ! -s kernel.stamp ]; then
  package=$(newest "$kernel")
  [ -n "$package" ] || package=$(newest linux-image-amd64)
  [ -n "$package" ] || { echo "vm: apt knows no kernel package $kernel: apt-get update" >&2; exit 1; }
  rm -rf deb tree
  mkdir deb tree
  (cd deb && apt-get download "$package" > /dev/null 2>&1) ||
    { echo "vm: $package cannot be downloaded: apt-get update, and try again" >&2; exit 1; }
  dpkg-deb -x deb/*.deb tree
  [ -d tree/lib/modules ] || mv tree/usr/lib tree/lib
  version=$(ls tree/lib/modules | head -1)
  # What no test can need: four fifths of the disk.
  (cd "tree/lib/modules/$version/kernel" && rm -rf sound drivers/{gpu,infiniband,media,scsi,iio,hwmon,video,staging,ata,mtd} \
    drivers/net/{ethernet,wireless})
  depmod -b tree "$version"
  cp tree/boot/vmlinuz-* vmlinuz
  rm -rf deb
  echo "$version" > kernel.stamp
fi
version=$(cat kernel.stamp)

if [ ! -s initrd.gz ] || [ "$here/guest-init" -nt initrd.gz ]; then
  rm -rf initramfs
  mkdir -p initramfs/{bin,proc,sys,dev,ro,rw,new,mod}
  cp /bin/busybox initramfs/bin/busybox
  install -m 755 "$here/guest-init" initramfs/init
  number=10
  for module in virtio_pci virtio_console virtio_rng 9pnet_virtio 9p overlay; do
    while read -r file; do
      name=$(basename "$file" .xz)
      [ -z "$(find initramfs/mod -name "*-$name")" ] || continue
      case $file in
        *.xz) xz -dc "$file" > "initramfs/mod/$number-$name" ;;
        *) cp "$file" "initramfs/mod/$number-$name" ;;
      esac
      number=$((number + 1))
    done < <(modprobe -d tree -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p')
  done
  (cd initramfs && find . | cpio -o -H newc 2> /dev/null | gzip -1) > initrd.gz.part
  mv initrd.gz.part initrd.gz
fi
echo "$cache"
