import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../codec/extended.ts'
import type { Address } from '../../core/address.ts'
import type { Micros } from '../../core/time.ts'
import type { Link } from '../link.ts'

/** Our id for metadata messages: what the remote must send. */
export const METADATA_ID = 2
/** The same for peer exchange. */
export const PEX_ID = 3
/** The same for pieces that are taken back (BEP 54). */
export const DONT_HAVE_ID = 4
/** The same for `upload_only` outside of handshakes, as libtorrent says it. */
export const UPLOAD_ONLY_ID = 5
/** The same for hole punching (BEP 55). */
export const HOLE_PUNCH_ID = 6
/** Of `upload_only`: a byte, whether it is so. */
export const UPLOAD_ONLY_LENGTH = 1

const CLIENT = 'Lodestone'

/** The extension handshake of both sides (BEP 10): later ones add to earlier ones. */
export class ExtensionHandshake<Peer> {
  readonly #link: Link<Peer>
  readonly #address: Address
  /** The remote's id for metadata messages, 0 when it takes none. */
  metadataId = 0
  /** The same for peer exchange. */
  exchangeId = 0
  /** And for pieces that are taken back. */
  dontHaveId = 0
  /** And for hole punching. */
  holePunchId = 0
  #received = false
  #offered = false

  constructor(link: Link<Peer>, address: Address) {
    this.#link = link
    this.#address = address
  }

  send(now: Micros, metadataSize: number | undefined): void {
    const { terms, options, ours, outbox } = this.#link
    // Later handshakes only add, so what was offered before the torrent was known to be private is taken back by name (BEP 27).
    const withdrawn = this.#offered ? { ut_metadata: 0, ut_pex: 0, ut_holepunch: 0 } : {}
    this.#offered ||= !terms.private
    const punching = terms.punching === undefined ? {} : { ut_holepunch: HOLE_PUNCH_ID }
    const payload = encodeExtendedHandshake({
      ids: {
        ...(terms.private ? withdrawn : { ut_metadata: METADATA_ID, ut_pex: PEX_ID, ...punching }),
        lt_donthave: DONT_HAVE_ID,
        upload_only: UPLOAD_ONLY_ID,
      },
      metadataSize: terms.private ? undefined : metadataSize,
      requestQueue: options.requestQueue,
      port: terms.listenPort(this.#address.family),
      client: CLIENT,
      yourIp: this.#address.bytes,
      encrypts: options.encrypts,
      uploadOnly: terms.satisfied ?? ours?.full === true,
    })
    outbox.extended(now, 0, payload)
  }

  /** Applies what is well-formed in it; anything else changes nothing. */
  receive(now: Micros, payload: Uint8Array): void {
    const { owner, peer, remote, flood } = this.#link
    if (this.#received && !flood.useless(now)) {
      this.#link.fail(now, 'wire/flood-state')
      return
    }
    this.#received = true
    const said = decodeExtendedHandshake(payload)
    if (!said) return
    this.metadataId = said.ids.get('ut_metadata') ?? this.metadataId
    this.exchangeId = said.ids.get('ut_pex') ?? this.exchangeId
    this.dontHaveId = said.ids.get('lt_donthave') ?? this.dontHaveId
    this.holePunchId = said.ids.get('ut_holepunch') ?? this.holePunchId
    remote.takesPeers = this.exchangeId > 0
    remote.punchesHoles = this.holePunchId > 0
    remote.supportsMetadata = this.metadataId > 0
    remote.metadataSize = said.metadataSize ?? remote.metadataSize
    remote.requestQueue = said.requestQueue ?? remote.requestQueue
    remote.port = said.port ?? remote.port
    remote.client = said.client ?? remote.client
    remote.yourIp = said.yourIp?.slice() ?? remote.yourIp
    remote.uploadOnly = said.uploadOnly ?? remote.uploadOnly
    remote.encrypts = said.encrypts ?? remote.encrypts
    owner.extended(peer, now)
  }

  /** The remote says whether it wants no payload any more (BEP 21), once in a while. */
  receiveUploadOnly(now: Micros, payload: Uint8Array): void {
    const { owner, peer, remote, flood } = this.#link
    const changed = remote.uploadOnly !== (payload[0] !== 0)
    remote.uploadOnly = payload[0] !== 0
    if (!flood.flip(now, changed)) this.#link.fail(now, 'wire/flood-state')
    else if (changed) owner.extended(peer, now)
  }
}
