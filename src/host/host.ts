import { randomBytes } from 'node:crypto'
import type { Micros } from '../core/time.ts'
import { DEFAULT_MEMORY } from '../session/options.ts'
import type { Inputs, Ports } from '../session/ports.ts'
import { HostClock } from './clock.ts'
import { nodeCrypto, randomFrom } from './crypto.ts'
import { descriptorCaps, descriptorLimit } from './descriptor-limit.ts'
import { Dialler, type SocksProxy } from './dialler.ts'
import { HostStorage } from './disk.ts'
import type { FileCalls } from './file-calls.ts'
import { Garbage } from './garbage.ts'
import type { Launch } from './hash-workers.ts'
import { HostHasher } from './hasher.ts'
import { Inbox } from './inbox.ts'
import { HostNames } from './names.ts'
import { now } from './now.ts'
import { HostMapping } from './port-mapping/host-mapping.ts'
import { SegmentStock } from './segment-stock.ts'
import { StateFiles } from './state-files.ts'
import { HostStreams } from './tcp.ts'
import { HostUdp } from './udp.ts'
import { HostWeb } from './web.ts'

export interface HostOptions {
  /** Absolute or relative to the working folder; `undefined`: nothing outlives the process. */
  readonly stateFolder: string | undefined
  /** The node's memory budget, by default the session's; of it pieces and their caches stay within five eighths. */
  readonly memory?: number | undefined
  /** Streams and web servers are dialled by way of it, or not at all, and no name is looked up here. */
  readonly proxy?: SocksProxy | undefined
  /** Literal local addresses that it is reached from; none: the system's choice. */
  readonly bind?: readonly string[] | undefined
  /** Makes the session's random choices repeat; by default 32 bytes of the system's. */
  readonly seed?: Uint8Array
  /** How a thread for hashing is started; by default from the file beside this one. */
  readonly launch?: Launch
  /** The disk; by default the system's. */
  readonly files?: FileCalls
}

/** The nine ports on Node.js, and `web`. Inputs begin with `attach` and end with `close`. */
export class NodeHost {
  readonly ports: Ports
  /** What `ports.random` was made from: with the inputs, a whole record of a run. */
  readonly seed: Uint8Array
  readonly #inbox = new Inbox()
  readonly #clock: HostClock
  readonly #udp: HostUdp
  readonly #streams: HostStreams
  readonly #storage: HostStorage
  readonly #hasher: HostHasher
  readonly #names: HostNames
  readonly #state: StateFiles
  readonly #web: HostWeb
  readonly #mapping: HostMapping
  #closing: Promise<void> | undefined

  constructor(options: HostOptions) {
    const inbox = this.#inbox
    const caps = descriptorCaps(descriptorLimit())
    this.seed = options.seed ?? randomBytes(32)
    this.#clock = new HostClock(inbox)
    this.#udp = new HostUdp(inbox)
    const memory = options.memory ?? DEFAULT_MEMORY
    const garbage = new Garbage()
    const stock = new SegmentStock((memory * 5) / 8, garbage)
    const dialler = new Dialler(options.proxy, options.bind ?? [])
    this.#streams = new HostStreams(inbox, caps.streams, stock, dialler, garbage)
    this.#storage = new HostStorage(inbox, options.stateFolder, caps.files, stock, options.files)
    this.#hasher = new HostHasher(inbox, this.#storage, options.launch, memory)
    this.#state = new StateFiles(inbox, options.stateFolder, options.files)
    this.#web = new HostWeb(inbox, dialler)
    this.#names = new HostNames(inbox, !dialler.proxied)
    this.#mapping = new HostMapping(inbox)
    this.ports = {
      clock: this.#clock,
      random: randomFrom(this.seed),
      crypto: nodeCrypto,
      names: this.#names,
      udp: this.#udp,
      streams: this.#streams,
      storage: this.#storage,
      hasher: this.#hasher,
      state: this.#state,
      web: this.#web,
      mapping: this.#mapping,
    }
  }

  /** The time as the inputs have it. */
  now(): Micros {
    return now()
  }

  attach(inputs: Inputs): void {
    this.#inbox.attach(inputs)
  }

  /** Waits for what is under way and leaves nothing open. No input comes after it was called; a second call joins the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#inbox.detach()
    this.#clock.close()
    this.#web.closeAll()
    this.#mapping.close()
    this.#names.close()
    await Promise.all([this.#udp.closeAll(), this.#streams.closeAll(), this.#hasher.close()])
    await this.#storage.closeAll()
    await this.#inbox.idle()
    await this.#state.close()
  }
}
