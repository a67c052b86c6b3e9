"""
Load for one DHT node at a time, from many loopback addresses. Datagrams are made beforehand and pass the kernel in batches (sendmmsg and
recvmmsg of the C library), so that one core of Python is several times faster than any node that answers them one by one.

Takes one JSON object a line, answers each with one. As `load.py reflect <host> <port>` it is a sink instead: sends back what comes, in
batches, which shows how fast the load itself can be. Linux alone; no package but the standard library.
"""

import ctypes
import hashlib
import json
import os
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
DONTWAIT = 0x40
PKTINFO = 8
BATCH = 256
ROOM = 8192
"""Longer than any answer seen: a whole table, or all peers of a hash."""


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Header(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("parts", ctypes.POINTER(Iovec)),
        ("part_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    ]


class Message(ctypes.Structure):
    _fields_ = [("header", Header), ("length", ctypes.c_uint)]


STEP = ctypes.sizeof(Message)


def endpoint(host, port):
    return struct.pack("=HH4s8x", socket.AF_INET, socket.htons(port), socket.inet_aton(host))


class Datagrams:
    """Datagrams to be sent, each from an address of its own (none: the socket's) to one place."""

    def __init__(self, target, payloads, sources):
        count = len(payloads)
        self.count = count
        self.name = ctypes.create_string_buffer(endpoint(*target))
        self.bytes = ctypes.create_string_buffer(b"".join(payloads))
        self.parts = (Iovec * count)()
        self.messages = (Message * count)()
        self.controls = {}
        at = ctypes.addressof(self.bytes)
        for i, payload in enumerate(payloads):
            self.parts[i] = Iovec(at, len(payload))
            at += len(payload)
            header = self.messages[i].header
            header.name = ctypes.addressof(self.name)
            header.name_length = 16
            header.parts = ctypes.pointer(self.parts[i])
            header.part_count = 1
            if sources[i] is not None:
                header.control = ctypes.addressof(self.control(sources[i]))
                header.control_length = 32
        self.base = ctypes.addressof(self.messages)

    def control(self, source):
        """An IP_PKTINFO that names the address to send from."""
        if source not in self.controls:
            info = struct.pack("@QiiI4s4x4x", 28, socket.IPPROTO_IP, PKTINFO, 0, socket.inet_aton(source))
            self.controls[source] = ctypes.create_string_buffer(info, 32)
        return self.controls[source]

    def send(self, fd, start, count):
        """Sends some from `start` on, the first again after the last; how many have gone."""
        run = min(count, self.count - start)
        return max(0, LIBC.sendmmsg(fd, ctypes.c_void_p(self.base + start * STEP), run, DONTWAIT))


class Inbox:
    """Room for a batch of arriving datagrams."""

    def __init__(self, names=False):
        self.bytes = bytearray(BATCH * ROOM)
        self.memory = (ctypes.c_char * len(self.bytes)).from_buffer(self.bytes)
        self.names = ctypes.create_string_buffer(16 * BATCH)
        self.parts = (Iovec * BATCH)()
        self.messages = (Message * BATCH)()
        for i in range(BATCH):
            self.parts[i] = Iovec(ctypes.addressof(self.memory) + i * ROOM, ROOM)
            header = self.messages[i].header
            header.parts = ctypes.pointer(self.parts[i])
            header.part_count = 1
            if names:
                header.name = ctypes.addressof(self.names) + 16 * i
                header.name_length = 16
        self.base = ctypes.c_void_p(ctypes.addressof(self.messages))

    def receive(self, fd, flags=DONTWAIT):
        return LIBC.recvmmsg(fd, self.base, BATCH, flags, None)

    def span(self, i):
        return i * ROOM, i * ROOM + self.messages[i].length

    def transaction(self, i):
        """That of our query which datagram `i` answers; -1: it is no answer to one."""
        start, end = self.span(i)
        at = self.bytes.rfind(b"1:t4:", start, end)
        if at < 0 or self.bytes.rfind(b"1:y1:q", start, end) >= 0:
            return -1
        try:
            return int(self.bytes[at + 5 : at + 9], 16)
        except ValueError:
            return -1


def open_socket(host="0.0.0.0", port=0):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    sock.bind((host, port))
    return sock


def text(value):
    return str(len(value)).encode() + b":" + value


def query(method, arguments, transaction):
    body = b"".join(text(key) + value for key, value in sorted(arguments.items()))
    return b"d1:ad" + body + b"e1:q" + text(method) + b"1:t4:%04x1:y1:qe" % transaction


def made_up(*what):
    """Twenty bytes, the same ones in every run."""
    return hashlib.sha1(repr(what).encode()).digest()


def answered(sock, target, payloads, sources, read):
    """Sends each until it has been answered, a few at a time; what `read` made of the answers."""
    inbox, datagrams = Inbox(), Datagrams(target, payloads, sources)
    results = [None] * len(payloads)
    left = len(payloads)
    for _ in range(20):
        for start in range(0, len(payloads), 32):
            pending = 0
            for i in range(start, min(start + 32, len(payloads))):
                if results[i] is None:
                    pending += datagrams.send(sock.fileno(), i, 1)
            end = time.monotonic() + 0.2
            while pending > 0 and time.monotonic() < end:
                for k in range(max(0, inbox.receive(sock.fileno()))):
                    i = inbox.transaction(k)
                    if 0 <= i < len(results) and results[i] is None:
                        results[i] = read(bytes(inbox.bytes[slice(*inbox.span(k))]))
                        pending -= 1
                        left -= results[i] is not None
        if left == 0:
            return results
    raise RuntimeError(f"{left} of {len(payloads)} queries to {target} stayed without an answer")


def token_of(reply):
    at = reply.rfind(b"5:token")
    if at < 0:
        return None
    length, _, rest = reply[at + 7 :].partition(b":")
    return rest[: int(length)]


class Load:
    HASHES = 256
    STOCKED = 32

    def __init__(self, target, source, sources):
        self.target = target
        self.sources = [None] if source is None else [f"{source}.{i >> 8}.{i & 255}" for i in range(1, sources + 1)]
        self.sock = open_socket()
        self.inbox = Inbox()
        self.pools = {}

    def ids(self):
        """Source, and the id that stands for it."""
        return [(source, made_up("id", source)) for source in self.sources]

    def pool(self, kind):
        if kind not in self.pools:
            self.pools[kind] = getattr(self, "make_" + kind)()
        return self.pools[kind]

    def make(self, method, hashes, arguments):
        """One query from each source for each hash, sources by turns."""
        payloads, sources = [], []
        for hash_ in hashes:
            for source, id_ in self.ids():
                payloads.append(query(method, {b"id": text(id_), **arguments(hash_, len(payloads))}, len(payloads)))
                sources.append(source)
        return payloads, sources

    def hashes(self, name, count):
        return [made_up(name, i) for i in range(count)]

    def make_ping(self):
        return Datagrams(self.target, *self.make(b"ping", self.hashes("none", self.HASHES), lambda *_: {}))

    def make_find_node(self):
        return Datagrams(self.target, *self.find("target", self.HASHES))

    def find(self, name, count):
        return self.make(b"find_node", self.hashes(name, count), lambda hash_, _: {b"target": text(hash_)})

    def ask(self, name, count):
        return self.make(b"get_peers", self.hashes(name, count), lambda hash_, _: {b"info_hash": text(hash_)})

    def make_get_peers(self):
        return Datagrams(self.target, *self.ask("empty", self.HASHES))

    def announces(self, name, count, port):
        tokens = answered(self.sock, self.target, *self.ask(name, count), token_of)
        return self.make(
            b"announce_peer",
            self.hashes(name, count),
            lambda hash_, i: {b"info_hash": text(hash_), b"port": b"i%de" % port, b"token": text(tokens[i])},
        )

    def make_announce_peer(self):
        return Datagrams(self.target, *self.announces("announced", self.HASHES, 6881))

    def make_values(self):
        """For hashes that have a hundred peers each, whom other addresses have announced."""
        many = Load(self.target, "127.66", 100)
        answered(many.sock, self.target, *many.announces("stocked", self.STOCKED, 7000), lambda reply: b"1:y1:r" in reply or None)
        return Datagrams(self.target, *self.ask("stocked", self.STOCKED))

    def saturate(self, pool, window, seconds):
        """Keeps between three quarters of `window` and all of it outstanding."""
        fd, inbox, count = self.sock.fileno(), self.inbox, pool.count
        at = outstanding = replies = lost = idle = 0
        step = max(1, window // 4)
        begun = last = heard = time.monotonic()
        end = begun + seconds
        while last < end:
            if window - outstanding >= step:
                sent = pool.send(fd, at, window - outstanding)
                at = (at + sent) % count
                outstanding += sent
            got = inbox.receive(fd)
            now = time.monotonic()
            if got > 0:
                replies += got
                outstanding = max(0, outstanding - got)
                heard = now
            else:
                idle += now - last
                if now - heard > 0.2:
                    lost += outstanding
                    outstanding = 0
                    heard = now
            last = now
        elapsed = last - begun
        self.drain()
        return {"rate": replies / elapsed, "replies": replies, "lost": lost, "idle": idle / elapsed, "elapsed": elapsed}

    def pace(self, pool, rate, seconds):
        """Sends at an even rate, whatever comes back, and times each answer."""
        fd, inbox, count = self.sock.fileno(), self.inbox, pool.count
        times = [0.0] * count
        trips, sizes = [], 0
        sent = 0
        begun = time.monotonic()
        now = begun
        while now < begun + seconds + 0.3:
            due = min(int((now - begun) * rate), int(seconds * rate)) - sent
            if due > 0:
                at = sent % count
                gone = pool.send(fd, at, min(due, count - at))
                times[at : at + gone] = [time.monotonic()] * gone
                sent += gone
            got = inbox.receive(fd)
            now = time.monotonic()
            for i in range(max(0, got)):
                answers = inbox.transaction(i)
                if answers >= 0 and times[answers] > 0:
                    trips.append(now - times[answers])
                    times[answers] = 0.0
                    start, stop = inbox.span(i)
                    sizes += stop - start
            # What is slow need not be spun for.
            if rate < 1000 and got <= 0:
                time.sleep(0.0005)
        trips.sort()
        part = lambda share: trips[min(len(trips) - 1, int(share * len(trips)))] * 1e6 if trips else None
        return {
            "sent": sent,
            "answered": len(trips),
            "p50": part(0.5),
            "p99": part(0.99),
            "most": part(1),
            "within": sum(trip <= 0.1 for trip in trips) / max(1, sent),
            "bytes": sizes / max(1, len(trips)),
        }

    def drain(self):
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            if self.inbox.receive(self.sock.fileno()) > 0:
                end = time.monotonic() + 0.05


class Reflected(Load):
    """What a sink sends back is our own query."""

    def make_ping(self):
        payloads, sources = self.make(b"ping", self.hashes("none", self.HASHES), lambda *_: {})
        return Datagrams(self.target, [payload.replace(b"1:y1:q", b"1:y1:r") for payload in payloads], sources)


def owner_of(host, port):
    """The process whose UDP socket is bound there, as far as it may be seen; else `None`."""
    wanted = "%08X:%04X" % (struct.unpack("=I", socket.inet_aton(host))[0], port)
    with open("/proc/net/udp") as file:
        sockets = {f"socket:[{line.split()[9]}]" for line in file if line.split()[1] in (wanted, "00000000" + wanted[8:])}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{fd}") in sockets:
                    return int(pid)
        except OSError:
            continue
    return None


def processor_seconds(pid):
    """Of all its threads, to the nanosecond: how long they ran, and how long they waited for a processor."""
    ran = waited = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            words = file.read().split()
            ran += int(words[0])
            waited += int(words[1])
    return ran / 1e9, waited / 1e9


def machine_ticks():
    with open("/proc/stat") as file:
        fields = [int(word) for word in file.readline().split()[1:9]]
    user, nice, system, idle, waiting, hard, soft, stolen = fields
    return user + nice + system + hard + soft, stolen, sum(fields)


def watched(pid, work):
    """What `work` gives, with the processor time of `pid` and what the machine did meanwhile."""
    own, busy, cpu = time.process_time(), machine_ticks(), processor_seconds(pid) if pid else (0, 0)
    result = work()
    after = machine_ticks()
    result["stolen"] = (after[1] - busy[1]) / max(1, after[2] - busy[2])
    if pid:
        ran, waited = processor_seconds(pid)
        result["cpu"] = ran - cpu[0]
        result["waited"] = waited - cpu[1]
        ours = result["cpu"] + time.process_time() - own
        result["others"] = max(0.0, (after[0] - busy[0]) / os.sysconf("SC_CLK_TCK") - ours)
    return result


def reflect(host, port):
    sock, inbox = open_socket(host, port), Inbox(names=True)
    parts, messages = (Iovec * BATCH)(), (Message * BATCH)()
    for i in range(BATCH):
        parts[i] = inbox.parts[i]
        messages[i] = inbox.messages[i]
        messages[i].header.parts = ctypes.pointer(parts[i])
    base, length = ctypes.c_void_p(ctypes.addressof(messages)), 0
    print("ready", flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        got = inbox.receive(sock.fileno())
        if got <= 0:
            continue
        # Those of one measurement are of one length.
        if inbox.messages[0].length != length:
            length = inbox.messages[0].length
            for part in parts:
                part.length = length
        LIBC.sendmmsg(sock.fileno(), base, got, 0)


def serve():
    loads, owners = {}, {}
    for line in sys.stdin:
        order = json.loads(line)
        host, port = order["host"], order["port"]
        key = (host, port)
        if key not in loads:
            kind = Reflected if order.get("echo") else Load
            loads[key] = kind(key, "127.65" if host.startswith("127.") else None, order.get("sources", 16))
            owners[key] = owner_of(host, port)
        load, pid = loads[key], owners[key]
        try:
            pool = load.pool(order["kind"])
            if order["do"] == "saturate":
                result = watched(pid, lambda: load.saturate(pool, order["window"], order["seconds"]))
            else:
                result = watched(pid, lambda: load.pace(pool, order["rate"], order["seconds"]))
        except Exception as error:  # pylint: disable=broad-except
            result = {"error": str(error)}
        print(json.dumps({**result, "number": order.get("number")}), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["reflect"]:
        reflect(sys.argv[2], int(sys.argv[3]))
    else:
        serve()
