"""
A flood of one DHT node: `flood.py <host> <port> <datagrams a second> <seconds> <sources>`. What comes is hostile or useless: noise, broken and
endless bencode, answers to nothing, announces without right, puts with a right token and a wrong signature, and honest
questions in numbers that nobody needs. Says `ready` when it has its tokens, floods from the next line on that it reads, and says
as one JSON line how much it sent.
"""

import hashlib
import json
import os
import random
import sys
import time

sys.dont_write_bytecode = True

from load import Datagrams, Load, answered, made_up, query, text, token_of

POOL = 20_000


class Flood(Load):
    def __init__(self, target, sources):
        super().__init__(target, "127.67", sources)
        self.dice = random.Random(1)
        self.keys = [self.noise(32) for _ in self.sources]

    def noise(self, length):
        return self.dice.randbytes(length)

    def tokens(self, method, key, targets):
        """One for each source, for a target of its own."""
        payloads = [
            query(method, {b"id": text(id_), key: text(targets[i])}, i) for i, (_, id_) in enumerate(self.ids())
        ]
        return answered(self.sock, self.target, payloads, self.sources, token_of)

    def prepare(self):
        # Of signed items the target is the hash of the key.
        self.targets = [hashlib.sha1(key).digest() for key in self.keys]
        self.hashes = [made_up("flooded", i) for i in range(len(self.sources))]
        self.put_tokens = self.tokens(b"get", b"target", self.targets)
        self.peer_tokens = self.tokens(b"get_peers", b"info_hash", self.hashes)
        kinds = [getattr(self, name) for name in dir(self) if name.startswith("kind_")]
        payloads, sources = [], []
        for i in range(POOL):
            which = i % len(self.sources)
            payloads.append(self.dice.choice(kinds)(which, made_up("id", self.sources[which])))
            sources.append(self.sources[which])
        self.datagrams = Datagrams(self.target, payloads, sources)

    def ask(self, method, id_, arguments):
        return query(method, {b"id": text(id_), **arguments}, self.dice.randrange(1 << 16))

    def kind_noise(self, _, __):
        return self.noise(self.dice.randrange(1, 1400))

    def kind_broken(self, _, __):
        return self.dice.choice(
            [b"d-3:i1e", b"d1:al-3:ee", b"d" * 1400, b"l" * 1400, b"d1:ad2:id99999999:", b"d1:t2:aa1:y1:q", b"d1:ai" + b"9" * 1300 + b"ee"]
        )

    def kind_mutated(self, which, id_):
        whole = bytearray(self.kind_find_node(which, id_))
        for _ in range(self.dice.randrange(1, 6)):
            whole[self.dice.randrange(len(whole))] = self.dice.randrange(256)
        return bytes(whole)

    def kind_answer(self, _, id_):
        return b"d1:rd2:id" + text(id_) + b"5:nodes" + text(self.noise(208)) + b"e1:t" + text(self.noise(4)) + b"1:y1:re"

    def kind_error(self, _, __):
        return b"d1:eli201e" + text(self.noise(60)) + b"e1:t" + text(self.noise(4)) + b"1:y1:ee"

    def kind_find_node(self, _, id_):
        return self.ask(b"find_node", id_, {b"target": text(self.noise(20))})

    def kind_get_peers(self, _, id_):
        return self.ask(b"get_peers", id_, {b"info_hash": text(self.dice.choice(self.hashes))})

    def kind_scrape(self, _, id_):
        return self.ask(b"get_peers", id_, {b"info_hash": text(self.dice.choice(self.hashes)), b"scrape": b"i1e"})

    def kind_samples(self, _, id_):
        return self.ask(b"sample_infohashes", id_, {b"target": text(self.noise(20))})

    def kind_unknown(self, _, id_):
        return self.ask(self.noise(8), id_, {b"target": text(self.noise(20))})

    def kind_changing_id(self, _, __):
        return self.ask(b"ping", self.noise(20), {})

    def kind_no_right(self, which, id_):
        arguments = {b"info_hash": text(self.noise(20)), b"port": b"i6881e", b"token": text(self.peer_tokens[which])}
        return self.ask(b"announce_peer", id_, arguments)

    def kind_announce(self, which, id_):
        arguments = {b"info_hash": text(self.hashes[which]), b"port": b"i%de" % self.dice.randrange(1, 65536)}
        return self.ask(b"announce_peer", id_, {**arguments, b"token": text(self.peer_tokens[which])})

    def kind_put(self, which, id_):
        """As many more of these as of the others: a signature is the dearest thing to check."""
        arguments = {b"k": text(self.keys[which]), b"seq": b"i%de" % self.dice.randrange(1 << 40), b"sig": text(self.noise(64))}
        value = text(self.noise(self.dice.randrange(1, 900)))
        return self.ask(b"put", id_, {**arguments, b"token": text(self.put_tokens[which]), b"v": value})

    kind_put_again = kind_put
    kind_put_once_more = kind_put

    def run(self, rate, seconds):
        fd, inbox, pool = self.sock.fileno(), self.inbox, self.datagrams
        sent = answers = 0
        begun = now = time.monotonic()
        parent = os.getppid()
        while now < begun + seconds and os.getppid() == parent:
            due = int((now - begun) * rate) - sent
            while due > 0:
                gone = pool.send(fd, sent % pool.count, min(due, pool.count - sent % pool.count, 1000))
                if gone == 0:
                    break
                sent += gone
                due -= gone
            while (got := inbox.receive(fd)) > 0:
                answers += got
            # Bursts of a few dozen: the node's own core is not this one's.
            time.sleep(0.002)
            now = time.monotonic()
        return {"sent": sent, "answers": answers, "rate": sent / (now - begun)}


host, port, rate, seconds, count = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
flood = Flood((host, port), count)
flood.prepare()
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(flood.run(rate, seconds)), flush=True)
