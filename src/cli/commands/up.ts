/**
 * `veilig up`: the whole ring, supervised.
 *
 * @module
 */
import type { Command } from '../command.ts'
import { startRing } from '../supervisor/ring.ts'

export const upCommand: Command = {
  name: 'up',
  summary: 'start everything, and keep it running until Ctrl-C',
  usage: '[--config FILE] [--data DIR] [--port-base N]',
  options: {},
  run: async (context, input) => {
    const say = (line: string): void => void process.stdout.write(`${line}\n`)
    {
      await using ring = await startRing(context, say)
      say(ring.table)
      say('Everything runs. Ctrl-C stops it in order.')
      await new Promise<void>((resolve) => {
        if (input.signal.aborted) resolve()
        input.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      say(
        '\nStopping: sessions end, the log is flushed, the databases write their last checkpoint …',
      )
    }
    say('Stopped cleanly. The next start goes on where this one ended.')
    return 0
  },
}
