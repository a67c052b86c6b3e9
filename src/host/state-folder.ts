import { homedir, platform } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * Where the platform keeps what a program remembers: `$XDG_STATE_HOME/lodestone` or its like. A relative one
 * does not count, as its specification has it.
 */
export function defaultStateFolder(): string {
  const { XDG_STATE_HOME: xdg, LOCALAPPDATA: local } = process.env
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'lodestone')
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'lodestone')
  if (platform() === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'lodestone')
  return join(homedir(), '.local', 'state', 'lodestone')
}
