/** A name such as `lookupMs` in words, and what its values are counted in. */
export interface Naming {
  readonly words: string
  /** With a space before it where one belongs; empty for plain numbers. */
  readonly unit: string
  /** What a value must be multiplied with to be of that unit. */
  readonly scale: number
}

/** How names end, and what that says; the first that fits. Durations that are long or short change their unit in `show`. */
const ENDINGS: readonly (readonly [ending: RegExp, unit: string, scale: number])[] = [
  [/(?:Bytes|Octets)PerSecond$/, ' B/s', 1],
  [/PerSecond$/, ' /s', 1],
  [/Micros$/, ' µs', 1],
  [/(?:Ms|Milliseconds)$/, ' ms', 1],
  [/^(?:ms|milliseconds)$/, ' ms', 1],
  [/(?:Seconds|^seconds)$/, ' s', 1],
  [/(?:Bytes|^bytes)$/, ' B', 1],
  [/(?:Share|^share)$/, ' %', 100],
]

/** What scenarios shorten and people do not. */
const WORDS: Readonly<Record<string, string>> = {
  lookup: 'look-up',
  lookups: 'look-ups',
  rpc: 'RPC',
  dht: 'DHT',
  nat: 'NAT',
  udp: 'UDP',
  tcp: 'TCP',
  p95: '95th percentile',
  max: 'greatest',
}

/** Reads a name as scenarios give them: camel case that ends with the unit; what is no such name stays as it is. */
export function naming(name: string): Naming {
  // `lookupMsP95` is in milliseconds too.
  const [, stem = name, suffix = ''] = /^(.+?)(Median|P95|Max)$/.exec(name) ?? []
  const [ending, unit, scale] = ENDINGS.find(([pattern]) => pattern.test(stem)) ?? [undefined, '', 1]
  const rest = ending === undefined ? stem : stem.replace(ending, '')
  const main = withKind(inWords(rest === '' ? stem : rest), unit)
  return { words: suffix === '' ? main : `${main}, ${inWords(suffix)}`, unit, scale }
}

/** What a quantity of a unit is called where the name leaves it to the unit: `join` in seconds is the time of a join. */
const KINDS: Readonly<Record<string, string>> = {
  ' µs': 'time',
  ' ms': 'time',
  ' s': 'time',
  ' B': 'bytes',
  ' B/s': 'traffic',
  ' %': 'share',
}

function withKind(words: string, unit: string): string {
  const kind = KINDS[unit]
  return kind === undefined || words.split(' ').includes(kind) ? words : `${words} ${kind}`
}

function inWords(name: string): string {
  if (!/^[a-z]+\d*(?:[A-Z][a-z]*\d*)*$|^[A-Z][a-z0-9]+$/.test(name)) return name
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(' ')
    .map((word) => WORDS[word.toLowerCase()] ?? word.toLowerCase())
    .join(' ')
}

/** `text` with a capital. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A value for people: at most four digits that count, thousands apart, with its unit. */
export function show(value: number, { unit, scale }: Pick<Naming, 'unit' | 'scale'>): string {
  const scaled = value * scale
  if (unit === ' B' || unit === ' B/s') return withPrefix(scaled, unit.slice(1))
  return `${showNumber(scaled)}${unit.replace(' ', NO_BREAK)}`
}

const NO_BREAK = '\u00a0'
const PREFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti']

function withPrefix(bytes: number, unit: string): string {
  let power = 0
  let rest = bytes
  while (Math.abs(rest) >= 1024 && power < PREFIXES.length - 1) {
    rest /= 1024
    power += 1
  }
  return `${showNumber(rest)}${NO_BREAK}${PREFIXES[power]}${unit}`
}

export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'no value' : `${value < 0 ? '−' : ''}∞`
  const size = Math.abs(value)
  const rounded = size >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
  const [whole = '', fraction] = (size !== 0 && size < 1e-4 ? value.toPrecision(3) : String(rounded)).split(
    '.',
  )
  // A narrow space that does not break, as the thousands' mark that no country reads as a decimal one.
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, '\u202f')
  return (fraction === undefined ? grouped : `${grouped}.${fraction}`).replaceAll('-', '−')
}
