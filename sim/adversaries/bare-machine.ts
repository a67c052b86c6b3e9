import type { Machine } from '../hosts/sim-host.ts'

/** A machine that takes no notice of anything; an adversary that is neither node nor peer hears what it needs. */
export abstract class BareMachine implements Machine {
  abstract start(now: number): void

  timer(_now: number): void {}

  datagram(..._input: Parameters<Machine['datagram']>): void {}

  accepted(..._input: Parameters<Machine['accepted']>): void {}

  connected(..._input: Parameters<Machine['connected']>): void {}

  chunk(..._input: Parameters<Machine['chunk']>): void {}

  sent(..._input: Parameters<Machine['sent']>): void {}

  streamClosed(..._input: Parameters<Machine['streamClosed']>): void {}

  completed(..._input: Parameters<Machine['completed']>): void {}

  command(..._input: Parameters<Machine['command']>): void {}
}
