/** Items of the DHT (BEP 44) between libtorrent and ours, both ways, in a network where each keeps what the other puts. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { toHex } from '../../src/core/bytes.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { DhtNetwork } from '../support/dht-network.ts'
import { skipWithout } from '../support/foreign-programs.ts'
import { SEED } from '../support/items.ts'
import { Laboratory } from '../support/laboratory.ts'
import { Libtorrent } from '../support/libtorrent.ts'
import { LodestoneProgram } from '../support/lodestone.ts'

const HOST = '127.0.5.1'
const OWN = '127.0.6.1'
const PORT = 6900
const KEY = toHex(nodeCrypto.publicKey(SEED))
const WAIT = 60_000

/** What `lodestone dht ...` says in its line of this event. */
async function dhtCommand(
  lab: Laboratory,
  event: string,
  entry: string,
  ...args: readonly string[]
): Promise<Record<string, unknown>> {
  const place = ['--bind', OWN, '--port', '0', '--bootstrap', entry, '--state', await lab.room('own state')]
  const { program } = LodestoneProgram.start(lab, args.join(' '), ['dht', ...args, ...place])
  const line = await program.line(event, (said) => said.includes(`"event":"${event}"`), WAIT)
  await program.success(WAIT)
  return JSON.parse(line) as Record<string, unknown>
}

describe('items', { skip: skipWithout('libtorrent') }, () => {
  it('that ours has put libtorrent gets, and the other way round, fixed ones and signed ones', async () => {
    await Laboratory.run(async (lab) => {
      const dht = await DhtNetwork.start(lab, 'own', '127.0.4.', 1, 3)
      const libtorrent = await Libtorrent.start(lab, { host: HOST, port: PORT, entry: dht.entry })
      const ours = (event: string, ...args: readonly string[]): Promise<Record<string, unknown>> => {
        return dhtCommand(lab, event, dht.entry, ...args)
      }
      const { target } = await ours('done', 'put', 'from-ours')
      await libtorrent.item(`get ${target}`, new RegExp(`^item ${target} from-ours$`), WAIT)

      const keyFile = join(await lab.room('key'), 'key')
      await writeFile(keyFile, toHex(SEED))
      const signed = ['--key', keyFile, '--salt', 'day']
      await ours('done', 'put', 'one', ...signed)
      await libtorrent.item(`get-signed ${KEY} day`, new RegExp(`^signed ${KEY} day 1 one$`), WAIT)

      // libtorrent takes the version that it finds, and puts the next.
      await libtorrent.item(`put-signed ${toHex(SEED)} ${KEY} day two`, /^stored [1-9]\d* 2$/, WAIT)
      const item = await ours('item', 'get', KEY, '--salt', 'day')
      assert.deepEqual([item['seq'], item['value']], [2, 'two'])
      assert.equal((await ours('done', 'put', 'three', ...signed, '--cas', '2'))['seq'], 3)

      const value = '15:from-libtorrent'
      const where = toHex(nodeCrypto.sha1(new TextEncoder().encode(value)))
      await libtorrent.item('put from-libtorrent', new RegExp(`^stored [1-9]\\d* ${where}$`), WAIT)
      assert.equal((await ours('item', 'get', where))['value'], 'from-libtorrent')
    })
  })
})
