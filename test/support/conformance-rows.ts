/**
 * Where each row of the DHT conformance list is tested: d by the decoder, v in virtual time, l over loopback sockets, - not at all. What
 * waits for more than five seconds is left out over sockets, and so is what a remote cannot be made to show there.
 */
const TABLE = `
  1.01 dvl  1.02 dvl  1.03 dvl  1.04 dvl  1.05 dvl  1.06 vl   1.07 dvl  1.08 vl
  1.09 dvl  1.10 vl   1.11 dvl  1.12 dvl  1.13 dvl  1.14 dvl  1.15 dvl  1.16 dvl
  1.17 vl   1.18 v    1.19 v    1.20 vl   1.21 dvl  1.22 dvl  1.23 dvl  1.24 vl
  1.25 dvl  1.26 dvl  1.27 v    1.28 v    1.29 vl   1.30 v    1.31 v    1.32 vl
  1.33 dvl  1.34 dvl  1.35 dvl  1.36 dvl  1.37 dvl  1.38 dvl  1.39 dvl  1.40 dvl
  1.41 dvl  1.42 dvl  1.43 v
  2.01 dvl  2.02 dvl  2.03 dvl  2.04 dvl  2.05 dvl  2.06 dvl  2.07 dvl  2.08 dvl
  2.09 dvl  2.10 dvl  2.11 dvl  2.12 dvl  2.13 dvl  2.14 dvl  2.15 dvl  2.16 dvl
  2.17 dvl  2.18 dvl  2.19 dvl  2.20 dvl  2.21 dvl  2.22 dvl  2.23 dvl  2.24 dvl
  2.25 dv   2.26 v    2.27 vl   2.28 dvl  2.29 vl   2.30 vl   2.31 dvl  2.32 v
  2.33 v    2.34 v    2.35 v    2.36 l    2.37 v
  3.01 v    3.02 v    3.03 v    3.04 v    3.05 v    3.06 v    3.07 v    3.08 v
  3.09 v    3.10 dv   3.11 dv   3.12 dv   3.13 v    3.14 v    3.15 v    3.16 v
  3.17 v    3.18 v    3.19 dv   3.20 dv   3.21 d    3.22 dv   3.23 v    3.24 v
  3.25 dv   3.26 v    3.27 v    3.28 v    3.29 v    3.30 v    3.31 v    3.32 v
  4.01 dvl  4.02 vl   4.03 dvl  4.04 dvl  4.05 dvl  4.06 dvl  4.07 vl   4.08 vl
  4.09 v    4.10 v    4.11 dvl  4.12 v    4.13 v    4.14 v    4.15 v    4.16 dv
  5.01 v    5.02 v    5.03 v    5.04 dvl  5.05 dvl  5.06 vl   5.07 vl   5.08 dvl
  5.09 dvl  5.10 vl   5.11 -    5.12 v    5.13 v    5.14 v    5.15 dvl  5.16 -
  5.17 v
  6.01 d    6.02 d    6.03 d    6.04 d    6.05 d    6.06 d    6.07 d    6.08 dvl
  6.09 dvl  6.10 v    6.11 v    6.12 v    6.13 v    6.14 dv   6.15 v    6.16 dv
  6.17 v    6.18 vl   6.19 dvl  6.20 dvl  6.21 dvl  6.22 v    6.23 v
  7.01 vl   7.02 vl   7.03 vl   7.04 vl   7.05 vl   7.06 vl   7.07 vl   7.08 vl
  7.09 vl   7.10 vl   7.11 vl   7.12 vl   7.13 vl   7.14 vl   7.15 vl   7.16 vl
  7.17 vl   7.18 vl   7.19 vl   7.20 vl   7.21 vl   7.22 vl   7.23 vl   7.24 vl
  7.25 vl   7.26 vl   7.27 vl   7.28 dvl  7.29 dvl  7.30 v    7.31 v    7.32 v
  7.33 v    7.34 v    7.35 v    7.36 v    7.37 vl   7.38 v    7.39 vl   7.40 vl
  7.41 vl
  8.01 vl   8.02 dl   8.03 v    8.04 v    8.05 v    8.06 v    8.07 v    8.08 d
  8.09 d    8.10 d    8.11 d    8.12 d    8.13 v    8.14 dvl  8.15 vl   8.16 v
  8.17 dvl  8.18 dvl  8.19 dv   8.20 d    8.21 v    8.22 vl   8.23 dvl  8.24 -
  8.25 -
  9.01 v    9.02 v    9.03 vl   9.04 v    9.05 v    9.06 v    9.07 v    9.08 dv
  9.09 v    9.10 vl   9.11 v    9.12 v    9.13 v    9.14 v    9.15 v    9.16 d
  9.17 l    9.18 vl   9.19 vl   9.20 v    9.21 v
`

/** Why a row is not tested. */
export const UNTESTED: Readonly<Record<string, string>> = {
  '5.11': 'not followed: a hash keeps 2,000 peers, and the fullest subnet gives way',
  '5.16': 'not followed: a scrape is a look-up, made when it is asked for',
  '8.24': 'BEP 50 is not asked for',
  '8.25': 'BEP 50 is not asked for',
}

export type Way = 'decoder' | 'virtual' | 'loopback'

const WAYS: Readonly<Record<string, Way>> = { d: 'decoder', v: 'virtual', l: 'loopback' }

/** The ways in which each row is tested, as the table says. */
export const ROWS: ReadonlyMap<string, readonly Way[]> = new Map(
  [...TABLE.matchAll(/(\d\.\d\d) ([dvl]+|-)/g)].map(([, row = '', letters = '']) => {
    return [row, [...letters].flatMap((letter) => WAYS[letter] ?? [])]
  }),
)
