import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { cleanEnvironment, LockRegistry, type Packed, pack } from './lock-registry.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

const STRICT = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    outDir: 'out',
    rootDir: '.',
  },
  include: ['*.ts'],
}

/** Downloads on loopback with the lines that the README shows, and prints where to. */
const MAIN = `
import { writeFile } from 'node:fs/promises'
import { createTorrent, LodestoneError, open, type LodestoneEvent, type OpenOptions } from 'lodestone'
import { download } from './readme.js'

const loopback: OpenOptions = { bind: ['127.0.0.1'], port: 0, state: false, lsd: false }
const seeder = await open({ ...loopback, bootstrap: 'none' })
await writeFile('content', new Uint8Array(300_000).fill(7))
const { metainfo, magnet } = await createTorrent('content')
const seeding = new Promise((resolve) => seeder.on('seeding', resolve))
seeder.on('warning', ({ code, message }) => console.log(code, message))
seeder.add(metainfo, { mode: 'seed', out: '.' })
await seeding
const [place] = seeder.addresses
const path = await download(magnet, 'out', { ...loopback, bootstrap: [\`127.0.0.1:\${place?.port}\`] })
const told: LodestoneEvent[] = []
for await (const event of seeder.events({ signal: AbortSignal.abort() })) told.push(event)
await seeder.close()
try {
  seeder.add(magnet)
} catch (error) {
  if (error instanceof LodestoneError) console.log(error.kind)
}
console.log('downloaded to', path)
`

describe('the package', () => {
  let home = ''
  let project = ''
  let packed: Packed
  let registry: LockRegistry | undefined

  const run = async (file: string, ...args: string[]): Promise<string> => {
    const env = cleanEnvironment(home, registry?.url)
    const options = { cwd: project, env, timeout: 120_000 }
    try {
      return (await execute(file, args, options)).stdout
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`${file} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
    }
  }

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'lodestone-package-'))
    project = join(home, 'project')
    await mkdir(project)
    await mkdir(join(home, 'tarballs'))
    const env = cleanEnvironment(home)
    ;[packed] = (await pack([root], home, env)) as [Packed]
    registry = await LockRegistry.start(root, ['@types/node', 'undici-types'], join(home, 'tarballs'), env)
    await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    await run('npm', 'install', join(home, packed.filename), '@types/node')
  })

  after(async () => {
    registry?.stop()
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  })

  it('holds what is needed to run and to compile against, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    for (const path of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'package.json',
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/bin/main.js',
      'dist/bin/hash-worker.js',
      'dist/src/host/hash-worker.js',
      'dist/sim/main.js',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    const others = paths.filter(
      (path) =>
        !/^dist\/(src|sim|bin)\/[a-z0-9/-]+\.(js|d\.ts)$/.test(path) &&
        !/^(README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(path),
    )
    assert.deepEqual(others, [])
  })

  it('installs in an empty project without scripts, and brings no types of its packages along', async () => {
    const installed = join(project, 'node_modules', 'lodestone')
    assert.ok(existsSync(join(installed, 'dist/src/index.js')))
    const { scripts } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    for (const hook of ['preinstall', 'install', 'postinstall']) assert.equal(scripts[hook], undefined)
    const names = ['@types/yargs', 'typescript', 'tsx', 'fast-check']
    assert.deepEqual(
      names.filter((name) => existsSync(join(project, 'node_modules', name))),
      [],
    )
  })

  it('compiles, declarations included, and downloads with the lines of the README', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const [, lines] = /## As a library\n```ts\n([\s\S]*?)```/.exec(readme)!
    await writeFile(join(project, 'readme.ts'), lines!)
    await writeFile(join(project, 'main.ts'), MAIN)
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(STRICT))
    await run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.')
    const said = await run(process.execPath, 'out/main.js')
    assert.match(said, /content: 300000 bytes/)
    assert.match(said, /^closed$/m)
    assert.match(said, /downloaded to out\/content/)
    assert.ok((await readFile(join(project, 'out/content'))).equals(await readFile(join(project, 'content'))))
  })

  it('shows its version by npx, and the scenarios of the simulator', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    assert.equal(await run('npx', 'lodestone', '--version'), `${version}\n`)
    assert.match(await run('npx', 'lodestone-sim', 'list'), /^bootstrap: /m)
    assert.equal(await run(join(project, 'node_modules/.bin/lodestone'), '--version'), `${version}\n`)
  })

  it('lets nothing be imported but its entry', async () => {
    const inside = "import('lodestone/dist/src/session/session.js').catch((error) => console.log(error.code))"
    assert.equal(await run(process.execPath, '-e', inside), 'ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })
})
