/** Nodes on loopback, and waits that end. */
import { randomFillSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CreatedTorrent,
  createTorrent,
  type EventOf,
  type Lodestone,
  type LodestoneEvent,
  type OpenOptions,
  open,
} from '../../src/index.ts'

/** Without local discovery, which would find what a test keeps apart. */
export const LOOPBACK: OpenOptions = {
  ...{ bind: ['127.0.0.1'], port: 0, state: false, bootstrap: 'none', lsd: false },
}

/** What `promise` comes to, if it does within `ms`. */
export async function within<T>(ms: number, what: string, promise: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for: ${what}`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Runs `body` with nodes of its own, which are closed afterwards whatever happened. */
export async function withNodes<T>(
  body: (openNode: (options?: OpenOptions) => Promise<Lodestone>) => Promise<T>,
): Promise<T> {
  const nodes: Lodestone[] = []
  try {
    return await body(async (options = {}) => {
      const node = await within(10_000, 'a node to open', open({ ...LOOPBACK, ...options }))
      nodes.push(node)
      return node
    })
  } finally {
    await within(20_000, 'nodes to close', Promise.all(nodes.map((node) => node.close())))
  }
}

/** `host:port` of a node's first address. */
export function placeOf(node: Lodestone): string {
  const { host, port } = node.addresses[0]!
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The next event of this type. */
export function next<T extends LodestoneEvent['type']>(node: Lodestone, type: T): Promise<EventOf<T>> {
  const event = new Promise<EventOf<T>>((resolve) => {
    const off = node.on(type, (found) => {
      off()
      resolve(found)
    })
  })
  return within(20_000, `the event ${type}`, event)
}

/** A file of noise in `folder`, and its torrent. */
export async function noise(folder: string, name: string, length: number): Promise<CreatedTorrent> {
  await writeFile(join(folder, name), randomFillSync(new Uint8Array(length)))
  return await createTorrent(join(folder, name))
}

/** Asks until it holds; every look is a turn of the event loop or longer, as the condition takes. */
export async function eventually(what: string, ms: number, holds: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`waited ${ms} ms in vain for: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
