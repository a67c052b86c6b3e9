"""A DHT node of libtorrent: `libtorrent-peer.py <host> <port> <entry host> <entry port>`. Says `ready` once it knows a node. Told
`announce <info-hash>` it announces its own port; told `watch <info-hash>`, it looks for peers again and again and says `found <info-hash>
<host> <port>` for each. Ends with its input."""

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


def say(line):
    print(line, flush=True)


def read():
    for line in sys.stdin:
        word, text = line.split()
        info_hash = libtorrent.sha1_hash(bytes.fromhex(text))
        if word == "announce":
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
found = set()
while not done.is_set():
    session.add_dht_node((entry, int(entry_port)))
    if not ready and session.status().dht_nodes > 0:
        ready = True
        say("ready")
    for info_hash in watched:
        session.dht_get_peers(info_hash)
    session.wait_for_alert(500)
    for alert in session.pop_alerts():
        if isinstance(alert, libtorrent.dht_get_peers_reply_alert):
            for peer in alert.peers():
                line = f"found {alert.info_hash} {peer[0]} {peer[1]}"
                if line not in found:
                    say(line)
                found.add(line)
    done.wait(0.25)
