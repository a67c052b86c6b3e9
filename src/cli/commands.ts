/** Every command, in the order of the help. */
import type { Command } from './command.ts'
import { asCommand } from './command.ts'
import { create } from './commands/create.ts'
import { dhtGet } from './commands/dht-get.ts'
import { dhtPing } from './commands/dht-ping.ts'
import { dhtPut } from './commands/dht-put.ts'
import { dhtSample } from './commands/dht-sample.ts'
import { download } from './commands/download.ts'
import { info } from './commands/info.ts'
import { node } from './commands/node.ts'
import { peers } from './commands/peers.ts'
import { probe } from './commands/probe.ts'
import { seed } from './commands/seed.ts'

export const COMMANDS: readonly Command[] = [
  asCommand(download),
  asCommand(seed),
  asCommand(create),
  asCommand(info),
  asCommand(peers),
  asCommand(node),
  asCommand(dhtPing),
  asCommand(dhtSample),
  asCommand(dhtGet),
  asCommand(dhtPut),
  asCommand(probe),
]
