/** Merkle trees of SHA-256 as BEP 52 has them: leaves are hashes of blocks, and zeros where the file has ended. */

/** Bytes of a node. */
export const NODE_LENGTH = 32
/** What a leaf beyond the end of the file is. Not to be written to. */
export const NO_LEAF: Uint8Array = new Uint8Array(NODE_LENGTH)

type Sha256 = (bytes: Uint8Array) => Uint8Array

/** The least power of two that is at least `count`: how wide a layer of so many nodes is. */
export function treeWidth(count: number): number {
  return 2 ** levelsOf(count)
}

/** How many layers above that layer there are, the root's counted. */
export function levelsOf(count: number): number {
  let levels = 0
  for (let width = 1; width < count; width *= 2) levels += 1
  return levels
}

/** Node `index` of a layer, a view. */
export function nodeAt(layer: Uint8Array, index: number): Uint8Array {
  return layer.subarray(NODE_LENGTH * index, NODE_LENGTH * (index + 1))
}

/** The node `level` layers above leaves that are all beyond the end. */
export function emptyNode(level: number, sha256: Sha256): Uint8Array {
  let node = NO_LEAF
  for (let at = 0; at < level; at++) node = joined(node, node, sha256)
  return node
}

/** The layers from `layer`, which lies `level` above the leaves, up to the root of `width` such nodes (a power of two), ends left out as there. */
export function layersOver(layer: Uint8Array, level: number, width: number, sha256: Sha256): Uint8Array[] {
  const layers = [layer]
  for (let across = width, at = level; across > 1; across /= 2, at++)
    layers.push(parentsOf(layers[layers.length - 1]!, at, sha256))
  return layers
}

/** The root of `layer`, which lies `level` above the leaves, filled up to `width` nodes. */
export function rootOf(layer: Uint8Array, level: number, width: number, sha256: Sha256): Uint8Array {
  return layersOver(layer, level, width, sha256).at(-1)!
}

/** Where node `index` of a layer leads, by the nodes beside its way up, the lowest first. */
export function climb(
  node: Uint8Array,
  index: number,
  beside: Uint8Array,
  sha256: Sha256,
): { readonly node: Uint8Array; readonly index: number } {
  let at = index
  let top = node
  for (let step = 0; step < beside.length / NODE_LENGTH; step++) {
    const other = nodeAt(beside, step)
    top = at % 2 === 0 ? joined(top, other, sha256) : joined(other, top, sha256)
    at = Math.floor(at / 2)
  }
  return { node: top, index: at }
}

function parentsOf(layer: Uint8Array, level: number, sha256: Sha256): Uint8Array {
  const count = layer.length / NODE_LENGTH
  const parents = new Uint8Array(NODE_LENGTH * Math.ceil(count / 2))
  for (let at = 0; at + 1 < count; at += 2)
    parents.set(sha256(layer.subarray(NODE_LENGTH * at, NODE_LENGTH * (at + 2))), NODE_LENGTH * (at / 2))
  if (count % 2 === 1) {
    const last = joined(nodeAt(layer, count - 1), emptyNode(level, sha256), sha256)
    parents.set(last, NODE_LENGTH * ((count - 1) / 2))
  }
  return parents
}

function joined(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const both = new Uint8Array(2 * NODE_LENGTH)
  both.set(left)
  both.set(right, NODE_LENGTH)
  return sha256(both)
}
