import type { Ports } from '../../src/session/ports.ts'

/** Counts what a session has hashed, as `ports` of one that joins a swarm. */
export class HashCount {
  pieces = 0

  readonly ports = (ports: Ports): Ports => ({
    ...ports,
    hasher: {
      hash: (...given) => {
        this.pieces += 1
        ports.hasher.hash(...given)
      },
      digests: ports.hasher.digests.bind(ports.hasher),
      leaves: ports.hasher.leaves.bind(ports.hasher),
    },
  })
}
