import { execFileSync } from 'node:child_process'

/** Debian's own Python comes first: its packages are not those of another. */
const PYTHONS = ['/usr/bin/python3', 'python3']

/** A Python that has this module; `undefined`: none has. */
export function pythonWith(module: string): string | undefined {
  return PYTHONS.find((name) => runs(name, ['-c', `import ${module}`]))
}

/** A Python with what comes with it. */
export function python(): string {
  const found = pythonWith('ctypes')
  if (found === undefined) throw new Error('the load needs python3. To have it: sudo apt-get install python3')
  return found
}

/** The command on one core of the machine, where that can be had. */
export function pinned(core: string, command: readonly string[]): readonly string[] {
  return runs('taskset', ['-c', core, 'true']) ? ['taskset', '-c', core, ...command] : command
}

function runs(file: string, args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
