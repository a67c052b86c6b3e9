/** Of disk calls of one store at a time: the runtime has four threads for them, and each may hold a descriptor. */
const BATCH = 16

/** Runs `work` on all of `items`, a few at a time, to the end even when some fail; returns those with what they threw. */
export async function inBatches<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<unknown>,
): Promise<[T, unknown][]> {
  const failed: [T, unknown][] = []
  const queue = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const item = next.value
      await work(item).catch((error: unknown) => failed.push([item, error]))
    }
  }
  await Promise.all(Array.from({ length: BATCH }, worker))
  return failed
}
