/**
 * `veilig run NAME`: one service alone, in this process.
 *
 * @module
 */
import { UsageError, VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import type { Command, CommandInput } from '../command.ts'
import { openBook } from '../book.ts'
import { services } from '../run/table.ts'
import type { ChildMessage } from '../supervisor/child.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'run one service alone, as the supervisor does',
  usage: 'SERVICE [--config FILE] [--data DIR]',
  options: {},
  run: async (context, input) => {
    const name = input.positionals[0] ?? ''
    const start = services.get(name)
    if (!start) {
      const known = [...services.keys()].join(', ')
      throw new UsageError('SERVICE_UNKNOWN', `there is no service '${name}'; there are: ${known}`)
    }
    try {
      await using trail = await openBook(context, name)
      await using service = await start({ ...context, trail })
      tellSupervisor({ kind: 'ready' })
      await untilStopped(input.signal, service)
      return 0
    } catch (error) {
      if (error instanceof VeiligError) {
        const message = error.message.replace(`${error.code}: `, '')
        tellSupervisor({ kind: 'failed', code: error.code, message })
      }
      throw error
    } finally {
      process.disconnect?.() // an open channel would keep us from ending
    }
  },
}

function tellSupervisor(message: ChildMessage): void {
  process.send?.(message)
}

/** Until Ctrl-C, SIGTERM, the supervisor's death, or the service's own failure. */
async function untilStopped(
  signal: CommandInput['signal'],
  service: RunningService,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    process.once('disconnect', () => resolve())
  })
  await Promise.race([stopped, ...(service.failed ? [service.failed] : [])])
}
