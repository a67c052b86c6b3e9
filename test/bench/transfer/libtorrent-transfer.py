"""`libtorrent-transfer.py download|seed <magnet link or .torrent> <folder> <host> <port> <entry host> <entry port> [encrypted]`.

Finds peers by the DHT alone. A downloader says `peer`, `metadata` and `done` (verified, and flushed out of its write queue), and leaves;
a seeder believes that its content is right, and stays until it is stopped. Settings: no limits, no encryption outwards (or RC4 alone, both ways), a large send
buffer for the seeder and a large disk queue for the downloader, which is faster here than what it has by default."""

import signal
import sys

import libtorrent as lt

role, source, folder, host, port, entry, entry_port, *encrypted = sys.argv[1:9]
settings = {
    "listen_interfaces": f"{host}:{port}",
    "dht_bootstrap_nodes": f"{entry}:{entry_port}",
    "enable_dht": True,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_enforce_node_id": False,
    "dht_prefer_verified_node_ids": False,
    "dht_ignore_dark_internet": False,
    "dht_upload_rate_limit": 100_000_000,
    "dht_block_ratelimit": 100_000,
    "allow_multiple_connections_per_ip": True,
    "out_enc_policy": lt.enc_policy.disabled,
    "in_enc_policy": lt.enc_policy.enabled,
    "connections_limit": 500,
    "unchoke_slots_limit": -1,
    "enable_outgoing_utp": False,
    "enable_incoming_utp": False,
    "alert_mask": lt.alert.category_t.status_notification
    | lt.alert.category_t.storage_notification
    | lt.alert.category_t.peer_notification
    | lt.alert.category_t.dht_notification,
}
if encrypted:
    forced = lt.enc_policy.forced
    settings.update(out_enc_policy=forced, in_enc_policy=forced, allowed_enc_level=lt.enc_level.rc4)
if role == "seed":
    settings.update(send_buffer_watermark=4 << 20, send_buffer_watermark_factor=200, send_buffer_low_watermark=512 << 10)
else:
    settings.update(max_queued_disk_bytes=64 << 20)
session = lt.session(settings)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

wanted = lt.parse_magnet_uri(source) if source.startswith("magnet:") else lt.add_torrent_params()
if not source.startswith("magnet:"):
    wanted.ti = lt.torrent_info(source)
wanted.save_path = folder
if role == "seed":
    wanted.flags |= lt.torrent_flags.seed_mode
wanted.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
torrent = session.add_torrent(wanted)

said = set()


def say(word):
    if word not in said:
        print(word, flush=True)
    said.add(word)


while "done" not in said:
    session.wait_for_alert(500)
    for alert in session.pop_alerts():
        if isinstance(alert, lt.dht_bootstrap_alert):
            # The search that it began with an empty table found nobody; the next would come after a quarter of an hour.
            torrent.force_dht_announce()
        elif isinstance(alert, lt.peer_connect_alert):
            say("peer")
        elif isinstance(alert, lt.metadata_received_alert):
            say("metadata")
        elif role == "download" and isinstance(alert, lt.torrent_finished_alert):
            torrent.flush_cache()
        elif role == "download" and isinstance(alert, lt.cache_flushed_alert):
            say("done")
