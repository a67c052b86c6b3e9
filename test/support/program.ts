import { type ChildProcess, spawn } from 'node:child_process'

/** Lines of output kept for the report of a failure. */
const KEPT_LINES = 400

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface Waiter {
  readonly match: (line: string) => boolean
  readonly resolve: (line: string) => void
}

/**
 * A program under test in a process of its own: its lines are kept for the failure report and can be waited for, every wait
 * is bounded, and it is ended by its own id.
 */
export class Program {
  readonly name: string
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #waiters = new Set<Waiter>()
  #exit: Exit | undefined

  constructor(name: string, command: readonly string[], options: ProgramOptions = {}) {
    this.name = name
    const [file, ...args] = command
    if (file === undefined) throw new TypeError(`${name}: no command`)
    this.#child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // A program that ended before it read its input is no failure of its own.
    this.#child.stdin!.on('error', () => {})
    this.#follow(this.#child.stdout!)
    this.#follow(this.#child.stderr!)
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#exit = exit
        resolve(exit)
      }
      this.#child.once('error', (error) => {
        this.#keep(`cannot start: ${error.message}`)
        end({ code: null, signal: null })
      })
      this.#child.once('close', (code, signal) => end({ code, signal }))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get running(): boolean {
    return this.#exit === undefined
  }

  /** The first line, already said or still to come, that matches. */
  line(what: string, match: (line: string) => boolean, timeoutMs: number): Promise<string> {
    const said = this.#lines.find(match)
    if (said !== undefined) return Promise.resolve(said)
    return this.#bounded(what, timeoutMs, (resolve) => {
      const waiter: Waiter = { match, resolve }
      this.#waiters.add(waiter)
      return () => this.#waiters.delete(waiter)
    })
  }

  /** Resolves when the program has ended with code 0; rejects for any other end, and when the time is up. */
  async success(timeoutMs: number): Promise<void> {
    const exit = await this.end(timeoutMs)
    if (exit.code !== 0) throw new Error(`${this.name} ended with ${exit.code ?? exit.signal}`)
  }

  /** How the program ended, once it has; rejects when the time is up. */
  end(timeoutMs: number): Promise<Exit> {
    return this.#bounded('end', timeoutMs, (resolve) => {
      void this.exited.then(resolve)
      return () => {}
    })
  }

  /** Every line so far that matches. */
  linesMatching(match: (line: string) => boolean): string[] {
    return this.#lines.filter(match)
  }

  /** What the program has said so far (its last few hundred lines). */
  output(): string {
    return this.#lines.join('\n')
  }

  write(text: string): void {
    this.#child.stdin!.write(text)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Asks the program to leave; after ten seconds makes it. */
  async stop(): Promise<Exit> {
    this.#child.stdin!.end()
    if (this.running) this.#child.kill('SIGTERM')
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    const exit = await this.exited
    clearTimeout(kill)
    return exit
  }

  report(): string {
    const state = this.#exit === undefined ? 'running' : `ended: ${this.#exit.code ?? this.#exit.signal}`
    return `--- ${this.name} (${state})\n${this.#lines
      .slice(-40)
      .map((line) => line.slice(0, 200))
      .join('\n')}`
  }

  #follow(stream: NodeJS.ReadableStream): void {
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n|\r/)
      rest = lines.pop() ?? ''
      for (const line of lines) this.#keep(line)
    })
    stream.on('end', () => {
      if (rest !== '') this.#keep(rest)
    })
  }

  #keep(line: string): void {
    if (line.trim() === '') return
    this.#lines.push(line)
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines.splice(0, KEPT_LINES)
    for (const waiter of [...this.#waiters]) if (waiter.match(line)) waiter.resolve(line)
  }

  #bounded<T>(what: string, timeoutMs: number, arm: (resolve: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => fail(`${this.name}: waited ${timeoutMs / 1000} s in vain for: ${what}`),
        timeoutMs,
      )
      const disarm = arm((value) => {
        clearTimeout(timer)
        disarm?.()
        resolve(value)
      })
      const fail = (why: string): void => {
        clearTimeout(timer)
        disarm()
        reject(new Error(why))
      }
      if (what !== 'end') {
        void this.exited.then((exit) =>
          fail(`${this.name} ended (${exit.code ?? exit.signal}) before: ${what}`),
        )
      }
    })
  }
}
