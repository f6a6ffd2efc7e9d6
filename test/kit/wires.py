"""Wires between network interfaces, which lose frames as they are told: one process, any kernel.

Usage: wires.py SEED LEFT RIGHT [LEFT RIGHT …]; then lines on standard input:

    N LOSS THERE BACK     wire N (from 0) loses this part of all frames; 1 or 0: whether it carries
                          from left to right, and back

Every frame goes out as it came in, with what the kernel notes of its checksum (PACKET_VNET_HDR).
Ends with its standard input. Linux, as root; Python's standard library alone.
"""
import random
import selectors
import socket
import sys

SOL_PACKET, PACKET_VNET_HDR, PACKET_OUTGOING = 263, 15, 4
ALL_PROTOCOLS = 0x0003
FRAME_MAX = 70_000


def open_interface(name):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.bind((name, 0))
    end.setblocking(False)
    return end


class Wire:
    def __init__(self, left, right):
        self.ends = (open_interface(left), open_interface(right))
        self.loss, self.carries = 0.0, [True, True]

    def carry(self, side, chance):
        while True:
            try:
                frame, address = self.ends[side].recvfrom(FRAME_MAX)
            except (BlockingIOError, OSError):
                return
            if address[2] == PACKET_OUTGOING or not self.carries[side] or chance.random() < self.loss:
                continue
            try:
                self.ends[1 - side].send(frame)
            except OSError:
                pass  # the other side is down: it is lost, as on any wire


def main(seed, *names):
    chance = random.Random(int(seed))
    wires = [Wire(left, right) for left, right in zip(names[::2], names[1::2])]
    ready = selectors.DefaultSelector()
    for wire in wires:
        for side in (0, 1):
            ready.register(wire.ends[side], selectors.EVENT_READ, (wire, side))
    ready.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            if key.data:
                key.data[0].carry(key.data[1], chance)
                continue
            line = sys.stdin.readline()
            if not line:
                return
            number, loss, there, back = line.split()
            wire = wires[int(number)]
            wire.loss, wire.carries = float(loss), [there == "1", back == "1"]
            print("done", flush=True)


main(*sys.argv[1:])
