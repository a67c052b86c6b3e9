import { SECOND } from '../../src/core/time.ts'
import { describeEvent, type TracedEvent } from '../engine/trace.ts'
import type { Failure } from '../failure/attempt.ts'
import type { World } from '../hosts/world.ts'
import { commandOf, type RunRequest } from './run-request.ts'
import type { Terminal } from './terminal.ts'

/** Events that are shown of those before a failure. */
const SHOWN = 20

/** Says how a run failed, what happened last to those concerned, and in one line the command that plays it again. */
export function tellFailure(
  failure: Failure,
  request: RunRequest,
  world: World | undefined,
  terminal: Terminal,
): void {
  const { words, until, hosts } = factsOf(failure, request)
  const command = commandOf(
    failure.kind === 'baseline' ? withValues(request, failure.values) : request,
    until,
    hosts,
  )
  // What a baseline did is gone with its world.
  const events = failure.kind === 'checks' || failure.kind === 'baseline' ? [] : lastEvents(world, hosts)
  const { kind, ...fields } = failure
  const plain = failure.kind === 'thrown' ? { error: failure.error.message, after: failure.event } : fields
  terminal.tell('failure', { kind, ...plain, command, events })
  if (events.length > 0) {
    terminal.say(hosts.length === 0 ? 'The last events:' : `The last events of host ${hosts.join(' and ')}:`)
    for (const event of events) terminal.say(`  ${describeEvent(event)}`)
  }
  terminal.complain(`${words}. Run it again with: ${command}`)
}

interface Facts {
  readonly words: string
  /** The event at which it is seen, where there is one. */
  readonly until?: number
  readonly hosts: readonly number[]
}

function factsOf(failure: Failure, { seed }: RunRequest): Facts {
  switch (failure.kind) {
    case 'violation':
    case 'baseline': {
      const { invariant, text, at, event, hosts } = failure.violation
      const place = `seen after event ${event} at ${at / SECOND} s`
      const run = failure.kind === 'violation' ? 'The run' : `The baseline with seed ${seed}`
      return {
        words: `${run} ended with a violation of "${invariant}": ${text} (${place})`,
        until: event,
        hosts,
      }
    }
    case 'checks': {
      const names = failure.checks.map(({ name }) => name).join('; ')
      return { words: `Not as it must be: ${names}`, hosts: [] }
    }
    case 'thrown': {
      const { error, event } = failure
      return {
        // Played whole: what breaks before the first event, or while measuring, has no event to stop at.
        words: `The run broke off: ${error.message} (${placeOf(error)}), after event ${event}`,
        hosts: [],
      }
    }
  }
}

function withValues(request: RunRequest, values: Readonly<Record<string, number>>): RunRequest {
  return { ...request, given: new Map(Object.entries(values).map(([key, value]) => [key, String(value)])) }
}

/** Of these hosts, or of all when none is named; oldest first. */
function lastEvents(world: World | undefined, hosts: readonly number[]): TracedEvent[] {
  const concerns = ({ source, destination }: TracedEvent): boolean =>
    hosts.length === 0 || hosts.includes(source) || hosts.includes(destination)
  return world?.trace.events().filter(concerns).slice(-SHOWN) ?? []
}

/** Where an error was thrown, for whoever mends it. */
function placeOf(error: Error): string {
  return error.stack?.split('\n')[1]?.trim() ?? 'nobody knows where'
}
