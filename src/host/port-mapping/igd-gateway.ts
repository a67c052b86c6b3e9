import { randomInt } from 'node:crypto'
import { parseAddress } from '../../core/address.ts'
import { cappedHttp } from './capped-http.ts'
import { elements, textOf } from './elements.ts'
import { type Gateway, LIFETIME_SECONDS, type Mapping, type MapRequest } from './gateway.ts'

const SERVICES = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  (name) => `urn:schemas-upnp-org:service:${name}`,
)
/** Faults of UPnP: somebody else has the port; leases are for ever or not at all. */
const CONFLICT = 718
const ONLY_PERMANENT = 725
/** How often another port of the gateway is tried. */
const OTHER_PORTS = 4

interface Control {
  readonly url: URL
  readonly service: string
  /** Our own address towards it. */
  readonly local: string
}

class Fault extends Error {
  readonly code: number

  constructor(action: string, code: number) {
    super(`the gateway refuses ${action} (${code})`)
    this.code = code
  }
}

/** A gateway that is asked by UPnP (Internet Gateway Device 1 and 2), known by where it is described. */
export class IgdGateway implements Gateway {
  readonly #location: URL
  #control: Control | undefined

  constructor(location: URL) {
    this.#location = location
  }

  async map(request: MapRequest): Promise<Mapping> {
    const { signal } = request
    const mapping = await this.#add(request, LIFETIME_SECONDS)
    const told = await this.#call('GetExternalIPAddress', [], signal).catch(() => '')
    const external = parseAddress(textOf(told, 'NewExternalIPAddress') ?? '', mapping.port)
    return { ...mapping, host: external?.usable ? external.host : undefined }
  }

  async unmap({ protocol, wanted, signal }: MapRequest): Promise<void> {
    const what = [
      ['NewRemoteHost', ''],
      ['NewExternalPort', wanted],
      ['NewProtocol', protocol.toUpperCase()],
    ] as const
    await this.#call('DeletePortMapping', what, signal)
  }

  async #add(request: MapRequest, lifetime: number): Promise<Mapping> {
    let { wanted } = request
    for (let tries = 0; ; tries++) {
      try {
        await this.#call(
          'AddPortMapping',
          this.#mapping(await this.#found(request.signal), request, wanted, lifetime),
          request.signal,
        )
        return { port: wanted, host: undefined, lifetime }
      } catch (error) {
        const code = error instanceof Fault ? error.code : 0
        if (code === ONLY_PERMANENT && lifetime > 0) return await this.#add({ ...request, wanted }, 0)
        if (code !== CONFLICT || tries === OTHER_PORTS) throw error
        wanted = randomInt(49_152, 65_536)
      }
    }
  }

  #mapping({ local }: Control, { protocol, port }: MapRequest, wanted: number, lifetime: number): Arguments {
    return [
      ['NewRemoteHost', ''],
      ['NewExternalPort', wanted],
      ['NewProtocol', protocol.toUpperCase()],
      ['NewInternalPort', port],
      ['NewInternalClient', local],
      ['NewEnabled', 1],
      ['NewPortMappingDescription', 'Lodestone'],
      ['NewLeaseDuration', lifetime],
    ]
  }

  /** Looks at the description, once. */
  async #found(signal: AbortSignal): Promise<Control> {
    this.#control ??= controlOf(this.#location, await cappedHttp(this.#location, signal))
    return this.#control
  }

  async #call(action: string, args: Arguments, signal: AbortSignal): Promise<string> {
    const { url, service } = await this.#found(signal)
    const inner = args.map(([name, value]) => `<${name}>${value}</${name}>`).join('')
    const body = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:${action} xmlns:u="${service}">${inner}</u:${action}></s:Body></s:Envelope>`
    const { status, text } = await cappedHttp(url, signal, { action: `"${service}#${action}"`, body })
    if (status === 200) return text
    throw new Fault(action, Number(textOf(text, 'errorCode') ?? status))
  }
}

type Arguments = readonly (readonly [name: string, value: string | number])[]

/** Where it is told what to do: on the machine that was found, wherever it says. */
function controlOf(
  location: URL,
  { status, text, local }: { status: number; text: string; local: string },
): Control {
  if (status !== 200) throw new Error(`${location.host} does not describe itself (${status})`)
  const known = elements(text, 'service').map((one) => ({
    service: textOf(one, 'serviceType') ?? '',
    path: textOf(one, 'controlURL') ?? '',
  }))
  for (const service of SERVICES) {
    const path = known.find((one) => one.service === service)?.path
    if (path === undefined || !URL.canParse(path, location.href)) continue
    const url = new URL(path, location)
    if (url.protocol === 'http:' && url.hostname === location.hostname) return { url, service, local }
  }
  throw new Error(`${location.host} is no gateway`)
}
