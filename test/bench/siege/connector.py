#!/usr/bin/env python3
"""connector.py HOST PORT FROM RATE: opens RATE TCP connections a second from one address and says nothing on any. The last few thousand
are kept until the other side closes them or newer ones take their places. Begins at the line `go`, ends at the next, and tells in JSON
how many a second it opened."""
import json
import select
import socket
import struct
import sys
import time

KEPT = 4000
SLICE = 0.002
# Longer than any siege: it ends by itself when its owner is gone.
LONGEST = 600

host, port, source, rate = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
# Closed by a reset: no address of ours is kept by the kernel for a minute.
RESET = struct.pack("ii", 1, 0)
BIND_ADDRESS_NO_PORT = 24

print("ready", flush=True)
sys.stdin.readline()
ring = [None] * KEPT
opened = failed = 0
begin = time.monotonic()
while True:
    now = time.monotonic() - begin
    if now > LONGEST or select.select([sys.stdin], [], [], 0)[0]:
        break
    due = int(now * rate)
    # What it could not open in time is not caught up with: a burst would be another load.
    for _ in range(min(due - opened - failed, int(rate * 0.02))):
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        one.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        place = (opened + failed) % KEPT
        try:
            one.bind((source, 0))
            one.connect((host, port))
            opened += 1
        except BlockingIOError:
            opened += 1
        except OSError:
            failed += 1
        if ring[place] is not None:
            ring[place].close()
        ring[place] = one
    time.sleep(SLICE)
seconds = time.monotonic() - begin
print(json.dumps({"opened": opened, "failed": failed, "rate": opened / seconds}), flush=True)
