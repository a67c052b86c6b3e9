/** Takes the lock at argv[2], says so, and keeps it until it is killed. */
import { LockFile } from '../../src/host/lock-file.ts'

await LockFile.take(process.argv[2]!, 'the torrent')
process.stdout.write('held\n')
setInterval(() => {}, 60_000)
