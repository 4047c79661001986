# Holds every packet for a while: delay-relay.py MS. Where netem isn't in the kernel, this stands in for it.
# Frames that the kernel sends to the TAP device late0 come out of late1, MS later, in order. Large packets (GSO) pass
# as they are, with the header the kernel gives them (vnet_hdr), so there are several times fewer than on a wire.
import collections
import fcntl
import os
import select
import struct
import sys
import time

DELAY = float(sys.argv[1]) / 1000
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4 = 0x01, 0x02
FRAME = 70_000


def tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
    return fd


os.nice(-10)  # it is part of the network, and others are busy here
into, out = tap("late0"), tap("late1")
os.write(1, b"ready\n")
held = collections.deque()
clock = time.monotonic
while True:
    wait = max(0, held[0][0] - clock()) if held else None
    readable, _, _ = select.select([into, out], [], [], wait)
    if into in readable:
        try:
            while True:
                held.append((clock() + DELAY, os.read(into, FRAME)))
                if held[0][0] <= clock():
                    break
        except BlockingIOError:
            pass
    if out in readable:
        os.read(out, FRAME)  # what the bridge floods; nobody is behind it
    while held and held[0][0] <= clock():
        try:
            os.write(out, held.popleft()[1])
        except OSError:
            pass  # the device isn't up yet: a network loses packets
