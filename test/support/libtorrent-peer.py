"""A DHT node and peer of libtorrent: `libtorrent-peer.py <host> <port> [<entry host> <entry port>]`. Says `ready` once it knows a node;
without an entry it has no DHT. Told
`announce <info-hash>` it announces its own port; told `watch <info-hash>`, it looks for peers again and again and says `found <info-hash>
<host> <port>` for each. Items (BEP 44): `put <text>`, `get <target>`, `put-signed <seed> <public key> <salt> <text>` and `get-signed
<public key> <salt>`; it says `stored <count> <target or version>`, `item <target> <text>` and `signed <public key> <salt> <seq> <text>`. Torrents:
`insist rc4|plaintext` (encrypted streams alone, of that kind), `utp` (no connection over TCP from then on), `seed <torrent file> <folder> <bytes a second, 0: no limit> [<tracker>]`, `fetch <magnet> <folder>` and `fetch-file <torrent file> <folder> <peer's host> <port>`;
`no-pex` (torrents added from then on neither tell nor are told of peers), `dial <host> <port>` (for all torrents), `patience <seconds>` for a dial by TCP, `limit <bytes a second>`
both ways, `tell-punching` (from then on each message of BEP 55 is a line `punching <who, what and whom>`). It says `complete <info-hash>` when it has all, and told
`sent`, `sent <host> <blocks>` for each that it has sent any, then `sent all`. Ends with its input."""

import collections
import hashlib
import sys
import threading
import time

import libtorrent

host, port, *entry = sys.argv[1:5]
literal = f"[{host}]" if ":" in host else host
session = libtorrent.session(
    {
        "listen_interfaces": f"{literal}:{port}",
        "dht_bootstrap_nodes": "",
        "enable_dht": entry != [],
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_enforce_node_id": False,
        "dht_ignore_dark_internet": False,
        "alert_mask": libtorrent.alert.category_t.dht_notification
        | libtorrent.alert.category_t.dht_operation_notification
        | libtorrent.alert.category_t.status_notification
        | libtorrent.alert.category_t.upload_notification,
        # One for each block that leaves, and none may be lost.
        "alert_queue_size": 100000,
    }
)
watched = []
wanted_values = []
wanted_items = []
# Of each host, how many blocks it was sent.
sent = collections.Counter()


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


def hashes_of(handle):
    """What a torrent goes by: of both versions where it is a hybrid, 40 digits each."""
    known = handle.info_hashes()
    if known.has_v1():
        yield str(known.v1)
    if known.has_v2():
        yield str(known.v2)[:40]


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


def add_torrent(wanted, folder, upload_limit):
    if without_exchange.is_set():
        wanted.flags |= libtorrent.torrent_flags.disable_pex
    wanted.save_path = folder
    wanted.upload_limit = upload_limit
    session.add_torrent(wanted)


def read():
    for line in sys.stdin:
        word, *more = line.split()
        if word == "utp":
            session.apply_settings({"enable_incoming_tcp": False, "enable_outgoing_tcp": False})
            continue
        if word == "no-pex":
            without_exchange.set()
            continue
        if word == "tell-punching":
            session.apply_settings(
                {"alert_mask": session.get_settings()["alert_mask"] | libtorrent.alert.category_t.peer_log_notification}
            )
            continue
        if word == "sent":
            asked_for_sent.set()
            continue
        text, *more = more
        if word == "dial":
            for handle in session.get_torrents():
                handle.connect_peer((text, int(more[0])))
            continue
        if word == "patience":
            session.apply_settings({"peer_connect_timeout": int(text)})
            continue
        if word == "limit":
            session.apply_settings({"download_rate_limit": int(text), "upload_rate_limit": int(text)})
            continue
        if word == "insist":
            levels = {"rc4": libtorrent.enc_level.pe_rc4, "plaintext": libtorrent.enc_level.pe_plaintext}
            forced = int(libtorrent.enc_policy.pe_forced)
            session.apply_settings(
                {"in_enc_policy": forced, "out_enc_policy": forced, "allowed_enc_level": int(levels[text])}
            )
            continue
        if word == "seed":
            wanted = libtorrent.add_torrent_params()
            wanted.ti = libtorrent.torrent_info(text)
            wanted.trackers = more[2:]
            add_torrent(wanted, more[0], int(more[1]))
            continue
        if word == "fetch":
            add_torrent(libtorrent.parse_magnet_uri(text), more[0], 0)
            continue
        if word == "fetch-file":
            wanted = libtorrent.add_torrent_params()
            wanted.ti = libtorrent.torrent_info(text)
            wanted.peers = [(more[1], int(more[2]))]
            add_torrent(wanted, more[0], 0)
            continue
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
            add_torrent(wanted, ".", 0)
        else:
            watched.append(info_hash)
    done.set()


done = threading.Event()
asked_for_sent = threading.Event()
without_exchange = threading.Event()
threading.Thread(target=read, daemon=True).start()
ready = False
while not done.is_set():
    # What was sent before the question is among the alerts of this turn.
    tells_sent = asked_for_sent.is_set()
    if entry:
        session.add_dht_node((entry[0], int(entry[1])))
    if not ready and (not entry or session.status().dht_nodes > 0):
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
        if isinstance(alert, libtorrent.block_uploaded_alert):
            sent[alert.ip[0]] += 1
        elif isinstance(alert, libtorrent.peer_log_alert):
            logged = alert.message()
            if " HOLEPUNCH [ " in logged:
                say(f"punching {logged}")
        elif isinstance(alert, libtorrent.torrent_finished_alert):
            for info_hash in hashes_of(alert.handle):
                say(f"complete {info_hash}")
        elif isinstance(alert, libtorrent.dht_get_peers_reply_alert):
            for peer in alert.peers():
                say(f"found {alert.info_hash} {peer[0]} {peer[1]}")
    if tells_sent:
        for peer, blocks in sent.items():
            say(f"sent {peer} {blocks}")
        say("sent all")
    done.wait(0.25)
