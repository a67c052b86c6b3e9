import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'

const SELF_SIGNED = [
  'openssl',
  'req',
  '-x509',
  '-newkey',
  'rsa:2048',
  '-nodes',
  '-days',
  '2',
  '-subj',
  '/CN=test',
]

/** nginx that serves a folder. */
export class Nginx {
  readonly url: string
  /** Its path, where it has one. */
  readonly certificate: string
  readonly #log: string

  private constructor(url: string, log: string, certificate: string) {
    this.url = url
    this.certificate = certificate
    this.#log = log
  }

  /** `secure`: with a certificate that nobody has signed, for this address and name, `certificate` in its room. */
  static async start(
    lab: Pick<Laboratory, 'room' | 'call' | 'start'>,
    host: string,
    port: number,
    folder: string,
    secure = false,
    name = 'localhost',
  ): Promise<Nginx> {
    const own = await lab.room('nginx')
    const [key, certificate] = [join(own, 'key'), join(own, 'certificate')]
    if (secure)
      await lab.call(
        [
          ...SELF_SIGNED,
          '-addext',
          `subjectAltName=IP:${host},DNS:${name}`,
          '-keyout',
          key,
          '-out',
          certificate,
        ],
        20_000,
      )
    const log = join(own, 'access.log')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const lines = [
      'daemon off; master_process off;',
      `pid ${join(own, 'pid')}; error_log stderr;`,
      'events {}',
      'http {',
      ...temporary.map((name) => `${name}_temp_path ${join(own, name)};`),
      "log_format short '$status $connection $request_uri';",
      `access_log ${log} short;`,
      secure
        ? `server { listen ${host}:${port} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key}; root ${folder}; }`
        : `server { listen ${host}:${port}; root ${folder}; }`,
      '}',
    ]
    const config = join(own, 'nginx.conf')
    await writeFile(config, lines.join('\n'))
    lab.start('nginx', ['nginx', '-p', own, '-c', config])
    return new Nginx(`${secure ? 'https' : 'http'}://${host}:${port}/`, log, certificate)
  }

  /** Each request so far. */
  async requests(): Promise<{ status: string; connection: string; path: string }[]> {
    const lines = (await readFile(this.#log, 'utf8')).trim().split('\n')
    return lines.map((line) => {
      const [status, connection, path] = line.split(' ')
      return { status: status!, connection: connection!, path: path! }
    })
  }
}
