import { type Announce, announceQuery } from '../../codec/announce.ts'
import { LONGEST_ANSWER, parseTrackerAnswer } from '../../codec/tracker-answer.ts'
import { concatBytes, copyBytes } from '../../core/bytes.ts'
import { type Micros, SECOND } from '../../core/time.ts'
import type { Whereabouts } from '../web/reach.ts'
import type { WebCall, WebClient } from '../web/web-client.ts'
import type { AnnounceResult } from './announce-result.ts'
import type { Tracker } from './tracker-tiers.ts'

/** An announce in all. */
const LONGEST = 60 * SECOND

/** Announces over HTTP, through addresses of one family; of whichever, where a proxy is between. Returns what gives it up. */
export function httpAnnounce(
  web: WebClient,
  now: Micros,
  { url, byHand, id }: Tracker,
  family: 4 | 6 | undefined,
  announce: Announce,
  done: (now: Micros, result: AnnounceResult) => void,
): () => void {
  const joint = url.path.includes('?') ? '&' : '?'
  const path = `${url.path}${joint}${announceQuery(announce, id)}`
  const parts: Uint8Array[] = []
  let length = 0
  let server: Whereabouts | undefined
  const fail = (at: Micros, message: string): void => {
    call.close()
    done(at, { ok: false, failure: { code: 'tracker/failed', message } })
  }
  const call: WebCall = web.get(
    now,
    { url: { ...url, path }, byHand, ...(family && { family }), within: LONGEST },
    {
      head(at, { status, encoding = 'identity' }, from) {
        server = from
        if (status !== 200) fail(at, `it answers with HTTP status ${status}.`)
        else if (encoding !== 'identity') fail(at, 'its answer is compressed, which was not asked for.')
        else call.read(at)
      },
      body(at, bytes) {
        length += bytes.length
        parts.push(copyBytes(bytes))
        if (length > LONGEST_ANSWER) fail(at, `its answer is longer than ${LONGEST_ANSWER} bytes.`)
        else call.read(at)
      },
      ended(at) {
        const answer = parseTrackerAnswer(concatBytes(parts))
        if (answer === undefined) fail(at, 'its answer is not that of a tracker.')
        else if (answer.failure !== undefined) fail(at, `it refuses: ${answer.failure}`)
        else done(at, { ok: true, answer, peers: [{ from: server!, peers: answer.peers }] })
      },
      failed: (at, failure) => done(at, { ok: false, failure }),
    },
  )
  return () => call.close()
}
