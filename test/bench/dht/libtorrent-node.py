"""A DHT node of libtorrent: `libtorrent-node.py <host> <port> <entry host> <entry port>`. No limit of its own stands in the way of a load."""

import sys
import time

import libtorrent

host, port, entry, entry_port = sys.argv[1:5]
session = libtorrent.session(
    {
        "listen_interfaces": f"{host}:{port}",
        "dht_bootstrap_nodes": f"{entry}:{entry_port}",
        "enable_dht": True,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "dht_upload_rate_limit": 100_000_000,
        "dht_block_ratelimit": 100_000,
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_enforce_node_id": False,
        "dht_prefer_verified_node_ids": False,
        "dht_ignore_dark_internet": False,
        "alert_mask": 0,
    }
)
deadline = time.monotonic() + 30
while session.status().dht_nodes < 8 and time.monotonic() < deadline:
    time.sleep(0.2)
print(f"ready {session.status().dht_nodes}", flush=True)
sys.stdin.read()
