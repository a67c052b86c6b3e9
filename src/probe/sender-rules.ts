import { isCompliant } from '../core/node-id.ts'
import { each, once, PING } from './cases.ts'
import { pong, response } from './expectations.ts'
import type { Rule } from './rule.ts'

const marked = (ro: string): string => `d1:ad<A>e1:q4:ping2:ro${ro}<z>`

/** BEP 42 and 43: who asks (section 6 of the list). */
export const SENDER_RULES: readonly Rule[] = [
  {
    id: '6.08',
    level: 'B',
    title: 'answers senders whose id does not fit their address',
    cases: each(['d1:ad2:id20:{20*\x01}e1:q4:ping<z>', 'd1:ad2:id20:{20*\xff}e1:q4:ping<z>', PING], pong),
  },
  {
    id: '6.13',
    level: 'C',
    title: 'has an id that follows from its address',
    obstacle: ({ scope }) => (scope === 'global' ? undefined : 'in a local network any id will do'),
    cases: ({ target }) => [
      once(
        PING,
        response('an id that does', (fields) => {
          return isCompliant(fields.get('id') as Uint8Array, target) ? undefined : 'its id does not'
        }),
      ),
    ],
  },
  {
    id: '6.19',
    level: 'B',
    title: 'answers a read-only sender and never asks it back',
    cases: [once(marked('i1e'), pong, 'reader')],
    final: (notebook) => (notebook.asked('reader') > 0 ? 'it asked the read-only sender' : undefined),
  },
  {
    id: '6.20',
    level: 'C',
    title: 'answers whatever a read-only mark holds',
    cases: each(['i0e', 'i-1e', 'i2e', '1:1', 'le'].map(marked), pong),
  },
  {
    id: '6.21',
    level: 'C',
    title: 'ignores a read-only mark among the arguments',
    cases: [once('d1:ad<A>2:roi1ee1:q4:ping<z>', pong)],
  },
]
