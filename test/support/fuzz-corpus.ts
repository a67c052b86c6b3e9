import { concatBytes, latin1, toLatin1 } from '../../src/core/bytes.ts'
import { nodeCrypto } from '../../src/host/crypto.ts'
import { expand } from '../../src/probe/notation.ts'
import { RULES } from '../../src/probe/rules.ts'
import { OWN_ID } from './lone-node.ts'
import { ALL_SEEN } from './probe-places.ts'

const MACROS: Readonly<Record<string, string>> = {
  A: '2:id20:abcdefghij0123456789',
  S: '2:id20:stranger901234567890',
  F: 'a-friend901234567890',
  N: toLatin1(OWN_ID),
  ih: '9:info_hash20:mnopqrstuvwxyz123456',
  ih2: '9:info_hash20:otherhash90123456789',
  tg: '6:target20:mnopqrstuvwxyz123456',
  h: 'mnopqrstuvwxyz123456',
  tok: '5:token8:aoeusnth',
  t: '1:t2:aa',
  z: '1:t2:aa1:y1:qe',
}

/** Longer ones are dropped by their length. */
const LONGEST = 4096

/** The datagrams of the rules: a seed for what is worse. */
export function queryCorpus(): Uint8Array[] {
  const found = new Map<string, Uint8Array>()
  for (const { cases } of RULES) {
    for (const { send } of (typeof cases === 'function' ? cases(ALL_SEEN) : cases).flat()) {
      if (typeof send !== 'string') continue
      const bytes = expand(send, (name) => MACROS[name]!)
      if (bytes.length <= LONGEST) found.set(toLatin1(bytes), bytes)
    }
  }
  const get = latin1(`d1:ad${MACROS['A']}6:target20:${TARGET}e1:q3:get${MACROS['z']}`)
  return [...found.values(), ...puts(), get, get, get]
}

const SEED = new Uint8Array(32).fill(7)
const KEY = nodeCrypto.publicKey(SEED)
const HASH = 'mnopqrstuvwxyz123456'
/** Where the items of `puts` lie. */
const TARGET = toLatin1(nodeCrypto.sha1(KEY))

/** What a token that was given for `target` is good for: an announce, or a put. */
export function tokenUses(target: string, token: string): Uint8Array[] {
  const given = (bytes: Uint8Array): Uint8Array =>
    latin1(toLatin1(bytes).replace('5:token8:aoeusnth', () => `5:token${token.length}:${token}`))
  if (target === TARGET) return puts().map(given)
  if (target !== HASH) return []
  return ['', '4:seedi1e'].map((seed) =>
    given(
      latin1(
        `d1:ad${MACROS['A']}${MACROS['ih']}4:porti6881e${seed}${MACROS['tok']}e1:q13:announce_peer${MACROS['z']}`,
      ),
    ),
  )
}

/** Rightly signed items, since mutations seldom are, and who asks for them. */
function puts(): Uint8Array[] {
  return [1, 2, 3].map((seq) => {
    const sig = nodeCrypto.sign(SEED, latin1(`3:seqi${seq}e1:v12:Hello World!`))
    return concatBytes([
      latin1(`d1:ad2:id20:abcdefghij01234567891:k32:`),
      KEY,
      latin1(`3:seqi${seq}e3:sig64:`),
      sig,
      latin1('5:token8:aoeusnth1:v12:Hello World!e1:q3:put1:t2:aa1:y1:qe'),
    ])
  })
}

const PEER = '6:\x3c\x08\x09\x0a\x1a\xe1'

/** What a node may get for its own queries (sections 3 to 8); `<id>` and `<t>` are those that it waits for, `<n>` a node. */
export const REPLIES: readonly string[] = [
  'd1:rd2:id20:<id>e1:t<t>1:y1:re',
  'd2:ip6:\x3c\x63\x01\x01\x1a\xe11:rd2:id20:<id>e1:t<t>1:v4:LT\x01\x021:y1:re',
  `d1:rd2:id20:<id>5:nodes26:<n>e1:t<t>1:y1:re`,
  `d1:rd2:id20:<id>5:nodes208:<n><n><n><n><n><n><n><n>5:token8:abcdefghe1:t<t>1:y1:re`,
  `d1:rd2:id20:<id>6:nodes638:${'6'.repeat(38)}5:token8:abcdefgh6:valuesl${PEER}${PEER}ee1:t<t>1:y1:re`,
  `d1:rd4:BFpe256:${'\x11'.repeat(256)}4:BFsd256:${'\0'.repeat(256)}2:id20:<id>5:token2:ab6:valuesl${PEER}ee1:t<t>1:y1:re`,
  `d1:rd2:id20:<id>8:intervali60e3:numi2e5:nodes0:7:samples40:${'s'.repeat(40)}e1:t<t>1:y1:re`,
  `d1:rd2:id20:<id>1:k32:${'k'.repeat(32)}3:seqi1e3:sig64:${'s'.repeat(64)}5:token2:ab1:v12:Hello World!e1:t<t>1:y1:re`,
  'd1:rd2:id20:<id>5:token2:ab1:v12:Hello World!e1:t<t>1:y1:re',
  'd1:eli201e23:A Generic Error Ocurrede1:t<t>1:y1:ee',
  'd1:eli203e9:Bad tokene2:ip6:\x3c\x63\x01\x01\x1a\xe11:t<t>1:y1:ee',
  'd1:ede1:t<t>1:y1:ee',
]
