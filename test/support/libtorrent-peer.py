"""A DHT node of libtorrent: `libtorrent-peer.py <host> <port> <entry host> <entry port>`. Says `ready` once it knows a node. Told
`announce <info-hash>` it announces its own port; told `watch <info-hash>`, it looks for peers again and again and says `found <info-hash>
<host> <port>` for each. Items (BEP 44): `put <text>`, `get <target>`, `put-signed <seed> <public key> <salt> <text>` and `get-signed
<public key> <salt>`; it says `stored <count> <target or version>`, `item <target> <text>` and `signed <public key> <salt> <seq> <text>`. Ends with its
input."""

import hashlib
import sys
import threading
import time

import libtorrent

host, port, entry, entry_port = sys.argv[1:5]
literal = f"[{host}]" if ":" in host else host
session = libtorrent.session(
    {
        "listen_interfaces": f"{literal}:{port}",
        "dht_bootstrap_nodes": "",
        "enable_dht": True,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_enforce_node_id": False,
        "dht_ignore_dark_internet": False,
        "alert_mask": libtorrent.alert.category_t.dht_notification
        | libtorrent.alert.category_t.dht_operation_notification,
    }
)
session.add_dht_node((entry, int(entry_port)))
watched = []
wanted_values = []
wanted_items = []


said = set()


def say(line):
    """Each line once: what is looked for again and again is found as often."""
    if line not in said:
        print(line, flush=True)
    said.add(line)


def put_signed(seed, public_key, salt, text):
    """The private key as libtorrent has it: the hash of the seed, clamped (RFC 8032)."""
    expanded = bytearray(hashlib.sha512(seed).digest())
    expanded[0] &= 248
    expanded[31] = (expanded[31] & 63) | 64
    session.dht_put_mutable_item(bytes(expanded), bytes.fromhex(public_key), text.encode(), salt.encode())


def value_of(alert):
    """What was not found cannot even be asked for; what was is wrapped up with what belongs to it, or not."""
    try:
        item = alert.item
    except RuntimeError:
        return b""
    return (item.get("value") if isinstance(item, dict) else item) or b""


def tell_item(alert):
    if isinstance(alert, libtorrent.dht_put_alert):
        say(f"stored {alert.num_success} {alert.seq or alert.target}")
    elif isinstance(alert, libtorrent.dht_immutable_item_alert) and value_of(alert):
        say(f"item {alert.target} {value_of(alert).decode()}")
        wanted_values.clear()
    elif isinstance(alert, libtorrent.dht_mutable_item_alert) and value_of(alert):
        say(f"signed {alert.key.hex()} {alert.salt} {alert.seq} {value_of(alert).decode()}")
        wanted_items.clear()


def read():
    for line in sys.stdin:
        word, text, *more = line.split()
        if word == "put":
            session.dht_put_immutable_item(text)
            continue
        if word == "put-signed":
            put_signed(bytes.fromhex(text), *more)
            continue
        if word == "get-signed":
            wanted_items.append((bytes.fromhex(text), more[0].encode()))
            continue
        info_hash = libtorrent.sha1_hash(bytes.fromhex(text))
        if word == "get":
            wanted_values.append(info_hash)
        elif word == "announce":
            # Announces itself, as for a magnet link that it was given.
            wanted = libtorrent.add_torrent_params()
            wanted.info_hashes = libtorrent.info_hash_t(info_hash)
            wanted.save_path = "."
            session.add_torrent(wanted)
        else:
            watched.append(info_hash)
    done.set()


done = threading.Event()
threading.Thread(target=read, daemon=True).start()
ready = False
while not done.is_set():
    session.add_dht_node((entry, int(entry_port)))
    if not ready and session.status().dht_nodes > 0:
        ready = True
        say("ready")
    for info_hash in watched:
        session.dht_get_peers(info_hash)
    for target in wanted_values:
        session.dht_get_immutable_item(target)
    for public_key, salt in wanted_items:
        session.dht_get_mutable_item(public_key, salt)
    session.wait_for_alert(500)
    for alert in session.pop_alerts():
        tell_item(alert)
        if isinstance(alert, libtorrent.dht_get_peers_reply_alert):
            for peer in alert.peers():
                say(f"found {alert.info_hash} {peer[0]} {peer[1]}")
    done.wait(0.25)
