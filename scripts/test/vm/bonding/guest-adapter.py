#!/usr/bin/env python3
"""In the VM: makes a kernel adapter out of a byte stream of HCI packets.  guest-adapter.py /dev/vportNpM

/dev/vhci wants and gives one whole packet per call; the port is a stream. Prints hciN.
Run it with `python3 -I -S`: only the standard library is used, and it then starts in half the time.
"""
import os, select, sys

vhci = os.open('/dev/vhci', os.O_RDWR)
port = os.open(sys.argv[1], os.O_RDWR)
os.write(vhci, b'\xff\x00')
print('hci%d' % int.from_bytes(os.read(vhci, 64)[2:4], 'little'), flush=True)
HEAD = {2: (5, 3, 2), 4: (3, 2, 1)}    # H4 type: header length, offset and size of the payload length (data, event)
buffer = b''
poll = select.poll()
poll.register(vhci, select.POLLIN); poll.register(port, select.POLLIN)
while True:
    for fd, _ in poll.poll():
        data = os.read(fd, 4096)
        if not data: sys.exit()
        if fd == vhci:
            while data: data = data[os.write(port, data):]
            continue
        buffer += data
        while buffer:
            head, at, size = HEAD[buffer[0]]
            total = head + int.from_bytes(buffer[at:at + size], 'little')
            if len(buffer) < max(head, total): break
            os.write(vhci, buffer[:total]); buffer = buffer[total:]
