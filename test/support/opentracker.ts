import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Laboratory } from './laboratory.ts'

/** opentracker for one torrent, over HTTP and UDP on one port. Debian's tracks only what it is told to. */
export class Opentracker {
  readonly http: string
  readonly udp: string

  private constructor(place: string) {
    this.http = `http://${place}/announce`
    this.udp = `udp://${place}/announce`
  }

  static async start(
    lab: Pick<Laboratory, 'room' | 'start'>,
    host: string,
    port: number,
    infoHash: string,
  ): Promise<Opentracker> {
    const folder = await lab.room('opentracker')
    await writeFile(join(folder, 'allowed'), `${infoHash}\n`)
    // It gives its rights away once it has its ports.
    await chmod(folder, 0o755)
    const place = ['-i', host, '-p', String(port), '-P', String(port)]
    lab.start('opentracker', ['opentracker', ...place, '-d', folder, '-w', 'allowed'])
    return new Opentracker(`${host}:${port}`)
  }
}
