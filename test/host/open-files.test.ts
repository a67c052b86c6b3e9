import assert from 'node:assert/strict'
import { type FileHandle, open } from 'node:fs/promises'
import { test } from 'node:test'
import { OpenFiles } from '../../src/host/open-files.ts'
import { storageError } from '../../src/host/storage-error.ts'

const openSelf = (): Promise<FileHandle> => open(new URL(import.meta.url), 'r')

function exhausted(): Error {
  return storageError(Object.assign(new Error('too many'), { code: 'EMFILE' }), '/x')
}

test('no more than the cap stay open, the longest unused is closed first', async () => {
  const files = new OpenFiles(3)
  const opened: string[] = []
  const use = (key: string): Promise<void> =>
    files.use(
      key,
      () => {
        opened.push(key)
        return openSelf()
      },
      async () => {},
    )
  for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await use(key)
  assert.deepEqual(opened, ['a', 'b', 'c', 'd', 'b'])
  assert.equal(files.size, 3)
  await files.close('')
  assert.equal(files.size, 0)
})

test('users at the same time share one descriptor, and a close waits for the last of them', async () => {
  const files = new OpenFiles(2)
  let count = 0
  const done: (() => void)[] = []
  const users = [1, 2].map(() =>
    files.use(
      'a',
      () => {
        count += 1
        return openSelf()
      },
      async (file) => {
        await new Promise<void>((resolve) => done.push(resolve))
        await file.stat()
      },
    ),
  )
  while (done.length < 2) await new Promise((resolve) => setImmediate(resolve))
  await files.close('a')
  for (const finish of done) finish()
  await Promise.all(users)
  assert.equal(count, 1)
  assert.equal(files.size, 0)
})

test('DK4: when descriptors run out, idle files are closed and the open is tried again', async () => {
  const files = new OpenFiles(100)
  for (let i = 0; i < 40; i++) await files.use(`idle ${i}`, openSelf, async () => {})
  let refusals = 2
  await files.use(
    'new',
    () => (refusals-- > 0 ? Promise.reject(exhausted()) : openSelf()),
    async () => {},
  )
  assert.ok(files.size <= 11)
  await files.close('')
})

test('DK4: when closing everything idle does not help, it fails as such and the next open is tried afresh', async () => {
  const files = new OpenFiles(100)
  let tries = 0
  const refused = (): Promise<never> => {
    tries += 1
    return Promise.reject(exhausted())
  }
  await assert.rejects(
    files.use('new', refused, async () => {}),
    { code: 'storage/too-many-files' },
  )
  assert.ok(tries >= 2 && tries < 10)
  await files.use('new', openSelf, async () => {})
  await files.close('')
})
