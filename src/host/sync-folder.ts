import type { FileCalls } from './file-calls.ts'

/** Makes names that were created, renamed or removed in `folder` durable. Windows cannot and need not. */
export async function syncFolder(files: FileCalls, folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await files.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
