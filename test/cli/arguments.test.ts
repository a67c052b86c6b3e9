import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { HASH, MAGNET, Scene } from './scene.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lodestone-cli-'))
  await writeFile(join(folder, 'file'), 'content')
  await writeFile(join(folder, 'other'), '')
})
after(() => rm(folder, { recursive: true, force: true }))

const REFUSED: readonly [why: string, args: readonly string[], sentence: RegExp][] = [
  ['no command', [], /^lodestone: Name a command; see lodestone --help\.\n$/],
  ['an unknown command', ['fetch'], /Unknown argument: fetch/],
  ['a missing source', ['download'], /download needs <source>, which is missing: magnet link/],
  ['a missing node', ['dht', 'ping'], /dht ping needs <host:port>, which is missing/],
  ['a port given twice', ['node', '--port', 'x', '--port', '2'], /--port takes one value and is given once/],
  [
    'an output given twice',
    ['create', '.', '-o', 'x', '--out', 'y'],
    /--out takes one value and is given once/,
  ],
  ['a configuration given twice', ['node', '--config', 'x', '--config', 'y'], /--config takes one value/],
  ['a flag given twice', ['node', '--json=true', '--json=false'], /--json is given 2 times/],
  ['a flag with a value that is none', ['node', '--json=no'], /--json stands alone, or with =true or =false/],
  ['a flag with an empty value', ['download', MAGNET, '--recheck='], /--recheck stands alone/],
  ['a source too many', ['download', HASH, HASH], /Unknown argument/],
  ['an unknown option', ['download', MAGNET, '--sped', '1'], /Unknown argument: sped/],
  ['an option of a later version', ['node', '--encryption', 'off'], /Unknown argument: encryption/],
  ['an option of another command', ['peers', HASH, '--out', 'x'], /Unknown argument: out/],
  ['an unknown action of dht', ['dht', 'fetch', HASH], /Unknown argument/],
  ['dht without an action', ['dht'], /Name what dht shall do/],
  ['a negated flag', ['node', '--no-json'], /Unknown argument: no-json/],
  ['a dotted name', ['node', '--port.x', '1'], /Unknown argument: port\.x/],
  [
    'a port that is no number',
    ['node', '--port', 'abc'],
    /--port abc: give a whole number from 0 to 65535\./,
  ],
  ['a port out of range', ['node', '--port', '65536'], /--port 65536: give a whole number/],
  ['a negative port', ['node', '--port', '-1'], /--port -1: give a whole number/],
  ['a port in hexadecimal', ['node', '--port', '0x10'], /--port 0x10: give/],
  ['an option without its value', ['node', '--port'], /Not enough arguments following: port/],
  ['an empty value', ['node', '--port='], /--port: give a whole number/],
  ['a host name to bind to', ['node', '--bind', 'localhost'], /--bind localhost: give a literal/],
  [
    'an entry point without port',
    ['node', '--bootstrap', 'router.example'],
    /--bootstrap router\.example: give host:port/,
  ],
  [
    'none among entry points',
    ['node', '--bootstrap', 'none', '--bootstrap', 'a.example:1'],
    /none stands alone/,
  ],
  ['entry points without a DHT', ['download', MAGNET, '--no-dht', '--bootstrap', 'a.example:1'], /--no-dht/],
  ['a peer without port', ['download', MAGNET, '--peer', '127.0.0.1'], /--peer 127\.0\.0\.1: give host:port/],
  [
    'a rate that is none',
    ['download', MAGNET, '--download-limit', 'fast'],
    /--download-limit fast: give a size/,
  ],
  [
    'a tracker over UDP with a proxy',
    ['download', MAGNET, '--proxy', 'socks5://127.0.0.1:1', '--tracker', 'UDP://a.example:80'],
    /--tracker UDP:\/\/a\.example:80 is asked over UDP, which does not go through --proxy/,
  ],
  ['a tracker without port', ['seed', '.', '--tracker', 'udp://a'], /--tracker udp:\/\/a: give a URL/],
  ['a tracker with a password', ['seed', '.', '--tracker', 'http://u:p@a/'], /--tracker .*: give a URL/],
  ['a web seed that is none', ['download', MAGNET, '--web-seed', 'ftp://a/'], /--web-seed ftp.*: give a URL/],
  ['a rate of nothing', ['download', MAGNET, '--upload-limit', '0'], /--upload-limit 0: give a size/],
  [
    'a ratio that is none',
    ['download', MAGNET, '--seed-ratio', '-1'],
    /--seed-ratio -1: give a number, 0 or/,
  ],
  ['a seed time that is none', ['seed', '.', '--seed-time', 'long'], /--seed-time long: give a time such/],
  [
    'a way of seeding that is none',
    ['seed', '.', '--seed-choking', 'fair'],
    /--seed-choking fair: give one of round-robin, fastest, anti-leech/,
  ],
  ['a time that is none', ['peers', HASH, '--timeout', 'soon'], /--timeout soon: give a time/],
  [
    'a query limit that is none',
    ['node', '--query-limit', '-2'],
    /--query-limit -2: give a number of queries/,
  ],
  [
    'an unknown level',
    ['node', '--log-level', 'loud'],
    /--log-level loud: give one of error, warn, info, debug/,
  ],
  ['no memory', ['download', MAGNET, '--memory', '0'], /--memory 0: give a size/],
  ['no peers at all', ['download', MAGNET, '--max-peers', '0'], /--max-peers 0: give a whole number/],
  ['an empty folder name', ['download', MAGNET, '--out', ''], /--out: it is empty/],
  ['a magnet link without hash', ['download', 'magnet:?dn=x'], /The magnet link names no hash\./],
  [
    'a source that does not exist',
    ['download', 'nowhere.torrent'],
    /neither a magnet link, nor an info-hash/,
  ],
  ['a hash of the wrong length', ['peers', HASH.slice(1)], /neither an info-hash nor a magnet link/],
  ['a path for peers', ['peers', './x.torrent'], /neither an info-hash nor a magnet link/],
  ['peers without a DHT', ['peers', HASH, '--no-dht'], /cannot go with --no-dht/],
  ['a node without a DHT', ['node', '--no-dht'], /cannot go with --no-dht/],
  ['an address without port to ping', ['dht', 'ping', '127.0.0.1'], /cannot be pinged: give host:port/],
  ['a name to ping', ['dht', 'ping', 'localhost:6881'], /cannot be pinged: give a literal IPv4 or IPv6/],
  ['seeding what does not exist', ['seed', './nowhere'], /There is nothing at "\.\/nowhere"\./],
  ['seeding a magnet link', ['seed', MAGNET], /use download --keep-seeding/],
  ['creating from what does not exist', ['create', './nowhere', '-o', 'x.torrent'], /There is nothing at/],
  ['creating without a place to write', ['create', '.'], /--out <file\.torrent> is needed/],
  [
    'a piece length that is no power of two',
    ['create', '.', '-o', 'x', '--piece-length', '100k'],
    /power of two/,
  ],
  ['announcing port 0', ['peers', HASH, '--announce', '0'], /--announce 0: give a whole number from 1/],
]

describe('wrong use is refused with exit code 2 and one sentence, before anything is touched:', () => {
  for (const [why, args, sentence] of REFUSED) {
    it(why, async () => {
      const scene = new Scene()
      assert.equal(await scene.run(...args), 2)
      assert.match(scene.stderr, sentence)
      assert.match(scene.stderr, /^lodestone: [^\n]*[.]\n$/)
      assert.equal(scene.stdout, '')
      assert.deepEqual(scene.opened, [])
      assert.deepEqual(scene.created, [])
    })
  }

  it('and with --json the sentence is an error line as well', async () => {
    const scene = new Scene()
    assert.equal(await scene.run('node', '--json', '--port', 'abc'), 2)
    assert.equal(scene.events.length, 1)
    assert.deepEqual(scene.events[0], {
      event: 'error',
      at: 0,
      code: 'usage/bad-value',
      message: '--port abc: give a whole number from 0 to 65535.',
    })
  })

  it('a folder or a plain file in the place of a .torrent, or a folder in the place of a file to write', async () => {
    for (const [args, sentence] of [
      [['download', folder], /is a folder where a \.torrent file is expected/],
      [['info', folder], /is a folder where a \.torrent file is expected/],
      [['info', HASH, '-o', folder], /is a folder; name a file/],
      [['info', HASH, '-o', join(folder, 'no', 'x.torrent')], /The folder of .* does not exist/],
      [['info', HASH, '-o', join(folder, 'file')], /exists and is no \.torrent file; it stays as it is/],
      [['info', HASH, '-o', '/dev/null'], /is not an ordinary file/],
      [['create', join(folder, 'file'), '-o', folder], /is a folder; name a file/],
      [['create', join(folder, 'file'), '-o', join(folder, 'other')], /exists and is no \.torrent file/],
      [['create', folder, '-o', join(folder, 'x.torrent')], /would become part of the content/],
      [['create', join(folder, 'file'), '-o', join(folder, 'file')], /would become part of the content/],
      [['create', join(folder, 'file'), '-o', join(folder, 'no', 'x')], /The folder of .* does not exist/],
      [['seed', join(folder, 'file'), '--out', folder], /--out goes with a \.torrent file/],
    ] as const) {
      const scene = new Scene()
      assert.equal(await scene.run(...args), 2, args.join(' '))
      assert.match(scene.stderr, sentence)
      assert.deepEqual([scene.opened, scene.created], [[], []])
    }
  })
})

it('a plain file as --out, or on the way to it, is refused at once, with exit code 2', async () => {
  const file = join(folder, 'file')
  const torrent = join(folder, 'x.torrent')
  await writeFile(torrent, 'd4:infodee')
  for (const [option, ...args] of [
    ['--out', 'download', MAGNET],
    ['--out', 'download', MAGNET, '--overwrite'],
    ['--out', 'seed', torrent],
    ['--into', 'info', torrent],
  ] as const)
    for (const out of [file, join(file, 'x', 'y')]) {
      const scene = new Scene()
      assert.equal(await scene.run(...args, option, out), 2)
      assert.equal(
        scene.stderr,
        `lodestone: "${file}" is no folder; give ${option} one that is, or is yet to be made.\n`,
      )
      assert.deepEqual(scene.opened, [])
    }
})

describe('help and version', () => {
  it('are printed on standard output with exit code 0', async () => {
    const help = new Scene()
    assert.equal(await help.run('--help'), 0)
    for (const name of ['download', 'seed', 'create', 'info', 'peers', 'node', 'dht']) {
      assert.match(help.stdout, new RegExp(`lodestone ${name}`))
    }
    const version = new Scene()
    assert.equal(await version.run('--version'), 0)
    assert.equal(version.stdout, '1.2.3\n')
  })

  it('of a command lists its options with their defaults', async () => {
    const scene = new Scene()
    assert.equal(await scene.run('download', '--help'), 0)
    assert.match(scene.stdout, /--download-limit/)
    assert.match(scene.stdout, /default: \./)
    assert.match(scene.stdout, /-o, --out/)
  })
})

describe('options reach the library', () => {
  it('all of them, once converted', async () => {
    const scene = new Scene()
    scene.node.torrent.metadataCame.reject(new Error('enough'))
    await scene.run(
      ...['download', MAGNET, '-o', 'there', '--bind', '127.0.0.1', '--bind', '[::1]', '--port', '7000'],
      ...['--bootstrap', '127.0.0.1:1', '--bootstrap', '[::1]:2', '--state', 'kept', '--query-limit', 'off'],
      ...['--reply-limit', '500'],
      ...[
        '--download-limit',
        '1.5M',
        '--upload-limit',
        '512k',
        '--max-peers',
        '7',
        '--memory',
        '32M',
        '--record',
        'tape',
      ],
      ...['--no-lsd', '--trackers', '--no-web-seeds', '--tracker', 'udp://t.example:1/x'],
      ...['--web-seed', 'http://a/', '--web-seed', 'https://b/c'],
      '--no-port-mapping',
      ...['--peer', '10.0.0.1:5', '--peer', 'peer.example:6', '--overwrite', '--recheck'],
    )
    assert.deepEqual(scene.opened, [
      {
        dht: true,
        lsd: false,
        trackers: true,
        webSeeds: false,
        portMapping: false,
        bind: ['127.0.0.1', '::1'],
        port: 7000,
        bootstrap: ['127.0.0.1:1', '[::1]:2'],
        state: 'kept',
        queryLimit: 'off',
        replyLimit: 500,
        downloadLimit: 1572864,
        uploadLimit: 524288,
        maxPeers: 7,
        memory: 32 * 1024 * 1024,
        record: 'tape',
      },
    ])
    assert.deepEqual(scene.node.added, [
      {
        source: MAGNET,
        options: {
          mode: 'download',
          out: 'there',
          overwrite: true,
          recheck: true,
          allocate: 'sparse',
          sequential: false,
          maxPeers: 7,
          peers: ['10.0.0.1:5', 'peer.example:6'],
          trackers: ['udp://t.example:1/x'],
          webSeeds: ['http://a/', 'https://b/c'],
        },
      },
    ])
  })

  it('and what was not given is left to the library', async () => {
    const scene = new Scene()
    scene.node.booted.reject(new Error('enough'))
    await scene.run('node', '--no-dht=false', '--bootstrap', 'none')
    assert.deepEqual(scene.opened, [{ dht: true, lsd: false, portMapping: true, bootstrap: 'none' }])
  })

  it('local discovery is for commands that have the option to turn it off, unless that is given', async () => {
    for (const [args, lsd] of [
      [['download', MAGNET], true],
      [['download', MAGNET, '--no-lsd'], false],
      [['info', MAGNET], false],
    ] as const) {
      const scene = new Scene()
      scene.node.torrent.metadataCame.reject(new Error('enough'))
      await scene.run(...args)
      assert.deepEqual(
        scene.opened.map((options) => options.lsd),
        [lsd],
        args.join(' '),
      )
    }
  })

  it('a proxy rules out what would pass it by', async () => {
    const proxy = 'socks5://127.0.0.1:1080'
    const scene = new Scene()
    scene.node.torrent.metadataCame.reject(new Error('enough'))
    await scene.run('download', MAGNET, '--proxy', proxy, '--peer', '[::1]:6', '--peer', '10.0.0.1:5')
    assert.deepEqual(scene.opened, [{ dht: false, lsd: false, portMapping: false, proxy }])
    assert.match(scene.stderr, /through the proxy alone: the DHT, .* UDP trackers and incoming peers are off/)
    const web = new Scene()
    web.node.torrent.metadataCame.reject(new Error('enough'))
    const servers = ['--trackers', '--tracker', 'https://a.example/x', '--web-seed', 'http://b.example/y']
    await web.run('download', MAGNET, '--proxy', proxy, ...servers)
    assert.deepEqual(web.opened, [{ dht: false, lsd: false, portMapping: false, proxy, trackers: true }])
    const other = new Scene()
    assert.equal(await other.run('download', MAGNET, '--proxy', proxy, '--peer', 'peer.example:6'), 2)
    assert.match(other.stderr, /--peer peer\.example:6 is a name, which --proxy does not look up/)
    assert.deepEqual(other.opened, [])
  })

  it('an info-hash of digits alone stays what it is', async () => {
    const digits = '1234567890'.repeat(4)
    const scene = new Scene()
    scene.node.torrent.metadataCame.reject(new Error('enough'))
    await scene.run('download', digits)
    assert.equal(scene.node.added[0]?.source, digits)
  })
})

describe('--config', () => {
  async function withConfig(text: string, ...args: string[]): Promise<Scene> {
    const path = join(folder, 'config.json')
    await writeFile(path, text)
    const scene = new Scene()
    scene.node.booted.reject(new Error('enough'))
    await scene.run('node', '--config', path, ...args)
    return scene
  }

  it('gives options, and the command line wins', async () => {
    const text = JSON.stringify({
      port: 7001,
      bind: ['127.0.0.1', '::1'],
      'query-limit': 'off',
      state: 'kept',
    })
    const scene = await withConfig(text, '--state', 'other', '--bind', '127.0.0.2')
    assert.deepEqual(scene.opened, [
      {
        ...{ dht: true, lsd: false, portMapping: true, port: 7001, bind: ['127.0.0.2'] },
        ...{ queryLimit: 'off', state: 'other' },
      },
    ])
  })

  it('may begin with a byte order mark', async () => {
    const scene = await withConfig('\ufeff{"port": 7001}')
    assert.deepEqual(scene.opened, [{ dht: true, lsd: false, portMapping: true, port: 7001 }])
  })

  for (const [why, text, sentence] of [
    [
      'an unknown key',
      '{"prot": 1}',
      /has an unknown option "prot"; this command knows no-port-mapping, record, bind, interface, port/,
    ],
    ['a key of another command', '{"overwrite": true}', /unknown option "overwrite"/],
    ['a bad value', '{"port": "x"}', /--port x: give a whole number/],
    ['a value of the wrong kind', '{"port": {}}', /--port takes a text or a number/],
    ['a flag that is none', '{"json": "yes"}', /--json is true or false/],
    ['a list for a single value', '{"port": [1]}', /--port takes one value/],
    ['a list for a flag', '{"json": [true]}', /--json takes one value/],
    ['a text that is no JSON', '{', /is not JSON/],
    ['a list', '[]', /is not a JSON object of options/],
  ] as const) {
    it(`refuses ${why}`, async () => {
      const scene = await withConfig(text)
      assert.match(scene.stderr, sentence)
      assert.deepEqual(scene.opened, [])
    })
  }

  it('refuses a file that cannot be read', async () => {
    const scene = new Scene()
    assert.equal(await scene.run('node', '--config', join(folder, 'none.json')), 2)
    assert.match(scene.stderr, /cannot be read \(ENOENT\)/)
  })

  it('refuses a pipe or device, without waiting for it', async () => {
    const scene = new Scene()
    assert.equal(await scene.run('node', '--config', '/dev/null'), 2)
    assert.match(scene.stderr, /given with --config is not an ordinary file/)
  })
})
