import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EncodableValue, FoundItem, Lodestone } from '../../src/index.ts'
import { SEED } from '../support/items.ts'
import { inTempFolder } from '../support/temp-folder.ts'
import { eventually, placeOf, within, withNodes } from './loopback.ts'

const KEY = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'

async function network(body: (first: Lodestone, second: Lodestone) => Promise<void>): Promise<void> {
  await withNodes(async (openNode) => {
    const first = await openNode()
    const bootstrap = [placeOf(first)]
    const others = [
      await openNode({ bind: ['127.0.0.2'], bootstrap }),
      await openNode({ bind: ['127.0.0.3'], bootstrap }),
    ]
    const all = [first, ...others]
    await eventually('all to know all', 10_000, async () => all.every((node) => node.stats().nodes === 2))
    await body(first, others[0]!)
  })
}

async function all(node: Lodestone, where: string, salt?: string): Promise<FoundItem[]> {
  const found: FoundItem[] = []
  const walk = async (): Promise<void> => {
    for await (const item of node.items.get(where, salt === undefined ? {} : { salt })) found.push(item)
  }
  await within(10_000, 'a look-up', walk())
  return found
}

function nested(levels: number): EncodableValue {
  return levels === 0 ? [] : [nested(levels - 1)]
}

function cycle(): EncodableValue {
  const list: EncodableValue[] = []
  list.push(list)
  return list
}

describe('items over real sockets', () => {
  it('are put by one node and got by another, whatever their type', async () => {
    await network(async (first, second) => {
      const { target, nodes, publicKey } = await first.items.put({ list: [1, 'two'], text: 'three' })
      assert.deepEqual([nodes, publicKey], [2, undefined])
      const [item] = await all(second, target)
      assert.equal(new TextDecoder().decode(item?.bytes), 'd4:listli1e3:twoe4:text5:threee')
      assert.deepEqual(item?.value instanceof Map && item.value.get('list'), [
        1,
        new TextEncoder().encode('two'),
      ])
      assert.deepEqual(await all(second, 'f'.repeat(40)), [])
    })
  })

  it('of a key are put again in a new version, over the one that is expected alone', async () => {
    await network(async (first, second) => {
      const salt = 'day'
      const one = await first.items.put('one', { key: SEED, salt })
      assert.deepEqual([one.seq, one.publicKey, one.link], [1n, KEY, `magnet:?xs=urn:btpk:${KEY}&s=646179`])
      assert.equal((await second.items.put('one', { key: SEED, salt })).seq, 1n)
      assert.equal((await second.items.put('two', { key: SEED, salt, cas: 1n })).seq, 2n)
      await assert.rejects(first.items.put('three', { key: SEED, salt, cas: 1n }), { code: 'item/cas' })
      await assert.rejects(first.items.put('three', { key: SEED, salt, seq: 2n }), { code: 'item/outdated' })
      const far = 2n ** 63n - 1n
      assert.equal((await first.items.put('last', { key: SEED, salt, seq: far })).seq, far)
      for (const [where, with_] of [
        [one.target, salt],
        [KEY, salt],
        [one.link!, undefined],
      ] as const) {
        const found = (await all(second, where, with_)).at(-1)
        assert.equal(found?.seq, far)
        assert.equal(new TextDecoder().decode(found?.bytes), '4:last')
      }
      assert.deepEqual(await all(second, one.target), [])
    })
  })

  it('name a torrent (BEP 46) when their value is such a dictionary', async () => {
    await network(async (first, second) => {
      const ih = Uint8Array.from({ length: 20 }, (_, i) => i)
      const { link } = await first.items.put({ ih, note: 'extra keys are borne' }, { key: SEED })
      assert.equal((await all(second, link!))[0]?.infoHash, '000102030405060708090a0b0c0d0e0f10111213')
      await first.items.put({ ih: ih.subarray(1) }, { key: SEED })
      const [latest] = await all(second, link!)
      assert.deepEqual([latest?.seq, latest?.infoHash], [2n, undefined])
    })
  })

  it('are followed from the first version on, until the loop is left', async () => {
    await network(async (first, second) => {
      const { link } = await first.items.put('one', { key: SEED })
      const versions: (bigint | undefined)[] = []
      const follow = async (): Promise<void> => {
        for await (const { seq } of second.items.follow(link!)) {
          versions.push(seq)
          return
        }
      }
      await within(10_000, 'the first version', follow())
      assert.deepEqual(versions, [1n])
      const stop = new AbortController()
      const other = second.items.follow('f'.repeat(40), { signal: stop.signal })
      stop.abort()
      for await (const _ of other) assert.fail('nothing is there')
    })
  })

  it('that are kept are remembered by the state folder until they are dropped', async () => {
    await inTempFolder(async (state) => {
      await withNodes(async (openNode) => {
        const first = await openNode()
        const bootstrap = [placeOf(first)]
        const options = { bind: ['127.0.0.2'], bootstrap, state }
        const keeper = await openNode(options)
        await within(10_000, 'a join', keeper.ready)
        const { target } = await keeper.items.put('kept', { key: SEED, keep: true })
        const { target: fixed } = await keeper.items.put('fixed', { keep: true })
        await keeper.items.put('not kept')
        await within(10_000, 'a stop', keeper.close())
        const again = await openNode(options)
        assert.deepEqual(again.items.kept.map((item) => item.target).toSorted(), [target, fixed].toSorted())
        again.items.drop(target)
        await within(10_000, 'another stop', again.close())
        const last = await openNode(options)
        assert.deepEqual(
          last.items.kept.map((item) => item.target),
          [fixed],
        )
        assert.throws(() => last.items.drop('xyz'), { code: 'item/target' })
      })
    })
  })

  it('that cannot be are refused at once', async () => {
    await withNodes(async (openNode) => {
      const node = await openNode()
      for (const [value, options, code] of [
        ['x'.repeat(996), {}, 'item/too-long'],
        ['x', { salt: 's' }, 'item/no-key'],
        ['x', { key: SEED.subarray(1) }, 'item/key'],
        ['x', { key: SEED, salt: 's'.repeat(65) }, 'item/salt'],
        ['d1:b0:1:a0:e', { bencoded: true }, 'item/not-bencoded'],
        ['i1ei2e', { bencoded: true }, 'item/not-bencoded'],
        ['x', { key: SEED, seq: 2n ** 63n }, 'item/seq'],
        ['x', { key: SEED, cas: -1n }, 'item/cas'],
        ['x', { key: SEED, cas: 1 as unknown as bigint }, 'item/cas'],
        [nested(17), {}, 'item/too-deep'],
        [cycle(), {}, 'item/too-deep'],
        [2n as unknown as string, {}, 'bencode/type'],
        [true as unknown as string, {}, 'bencode/type'],
        [new Date() as unknown as string, {}, 'bencode/type'],
        [null as unknown as string, {}, 'bencode/type'],
        [{ '😀': 1 }, {}, 'bencode/key'],
        [{ ÿĀ: 1 }, {}, 'bencode/key'],
      ] as const) {
        await assert.rejects(node.items.put(value, options), { kind: 'usage', code })
      }
      assert.throws(() => node.items.get('xyz'), { code: 'item/target' })
      assert.throws(() => node.items.get(KEY, { salt: 's'.repeat(65) }), { code: 'item/salt' })
      assert.throws(() => node.items.get(`magnet:?xs=urn:btpk:${KEY}&s=00`, { salt: 'other' }), {
        code: 'item/salt',
      })
      await assert.rejects(node.items.put('alone'), { code: 'item/not-stored' })
    })
  })
})
