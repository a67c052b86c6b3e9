import assert from 'node:assert/strict'
import type { SimHost } from '../../../sim/hosts/sim-host.ts'
import { World } from '../../../sim/hosts/world.ts'
import { Payload } from '../../../sim/payload/payload.ts'
import { hashOf } from '../../../sim/payload/piece-hash.ts'
import { SECOND } from '../../../src/core/time.ts'
import type { StoreOpened, StoreSpec } from '../../../src/session/ports.ts'
import { FakeMachine } from './fake-machine.ts'

export const PAYLOAD: Payload = new Payload({ seed: 1, name: 'a', length: 100_000, pieceLength: 32_768 })
export const SPEC: StoreSpec = PAYLOAD.storeSpec('/out')

/** A machine with one store, asked question by question. */
export class StorageBench {
  readonly world: World = new World({ seed: 1 })
  readonly host: SimHost = this.world.addHost()
  machine: FakeMachine = this.#boot()
  #tickets = 0

  /** Asks with a fresh ticket, lets it be answered, and tells `ok` or the failure's code. */
  ask(question: (ticket: number) => void): string {
    return this.wait(this.begin(question))
  }

  begin(question: (ticket: number) => void): number {
    this.#tickets += 1
    question(this.#tickets)
    return this.#tickets
  }

  wait(ticket: number): string {
    this.world.run(this.world.now + 100 * SECOND, () => this.machine.outcomes.has(ticket))
    const outcome = this.machine.outcomes.get(ticket)
    return outcome === undefined ? 'unanswered' : outcome.ok ? 'ok' : outcome.failure.code
  }

  get value(): unknown {
    return this.machine.value(this.#tickets)
  }

  open(spec: StoreSpec = SPEC): StoreOpened {
    assert.equal(
      this.ask((ticket) => this.machine.ports.storage.open(ticket, 1, spec)),
      'ok',
    )
    return this.value as StoreOpened
  }

  prepare(): string {
    return this.ask((ticket) => this.machine.ports.storage.prepare(ticket, 1))
  }

  /** Writes a piece block by block as it would arrive, and flushes it. */
  save(piece: number): string {
    for (let block = 0; block < PAYLOAD.geometry.blocksOf(piece); block++) {
      this.machine.ports.storage.write(1, piece, block * 16_384, PAYLOAD.block(piece, block))
    }
    return this.flush(piece)
  }

  flush(piece: number): string {
    const length = PAYLOAD.geometry.lengthOf(piece)
    return this.ask((ticket) => this.machine.ports.storage.flush(ticket, 1, piece, 0, length))
  }

  release(piece: number): void {
    this.machine.ports.storage.release(1, piece, 0, PAYLOAD.geometry.lengthOf(piece))
  }

  hash(piece: number): string {
    return this.ask((ticket) => this.machine.ports.hasher.hash(ticket, 1, piece))
  }

  digests(piece: number, begin: number, length: number): string {
    return this.ask((ticket) => this.machine.ports.hasher.digests(ticket, 1, piece, begin, length))
  }

  append(records: readonly number[]): string {
    return this.ask((ticket) => this.machine.ports.storage.append(ticket, 1, Uint8Array.from(records)))
  }

  barrier(): string {
    return this.ask((ticket) => this.machine.ports.storage.barrier(ticket, 1))
  }

  restart(): void {
    this.host.kill()
    this.machine = this.#boot()
  }

  #boot(): FakeMachine {
    const machine = this.host.boot(this.world.now, (ports) => new FakeMachine(ports))
    this.world.run(this.world.now)
    return machine
  }
}

export function ready(): StorageBench {
  const bench = new StorageBench()
  bench.open()
  bench.prepare()
  return bench
}

export function expectedHash(piece: number): Uint8Array {
  return hashOf(PAYLOAD.piece(piece), PAYLOAD.geometry.lengthOf(piece))
}
