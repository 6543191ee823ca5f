#!/usr/bin/env bash
# In the VM: a USB device in software. usb-gadget.sh acm VENDOR PRODUCT SERIAL NAME plugs a serial cable in (its device side
# is /dev/ttyGS0), usb-gadget.sh unplug pulls it. Linux: Documentation/usb/gadget_configfs.rst, gadget_serial.rst.
set -e
gadget=/sys/kernel/config/usb_gadget/cable
if [ "$1" = unplug ]; then
  echo '' > $gadget/UDC
  exit
fi
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
if [ ! -d $gadget ]; then
  mkdir -p $gadget/strings/0x409 $gadget/configs/c.1 "$gadget/functions/$1.usb0"
  echo "$2" > $gadget/idVendor
  echo "$3" > $gadget/idProduct
  echo "$4" > $gadget/strings/0x409/serialnumber
  echo "$5" > $gadget/strings/0x409/product
  echo virtual > $gadget/strings/0x409/manufacturer
  ln -s "$gadget/functions/$1.usb0" $gadget/configs/c.1/
fi
ls /sys/class/udc | head -1 > $gadget/UDC
