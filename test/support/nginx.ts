import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'

/** nginx that serves a folder. */
export class Nginx {
  readonly url: string
  readonly #log: string

  private constructor(url: string, log: string) {
    this.url = url
    this.#log = log
  }

  static async start(lab: Laboratory, host: string, port: number, folder: string): Promise<Nginx> {
    const own = await lab.room('nginx')
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
      `server { listen ${host}:${port}; root ${folder}; }`,
      '}',
    ]
    const config = join(own, 'nginx.conf')
    await writeFile(config, lines.join('\n'))
    lab.start('nginx', ['nginx', '-p', own, '-c', config])
    return new Nginx(`http://${host}:${port}/`, log)
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
