/**
 * Synthetic full backups: when one is due, and when somebody asks; beside the drills, for retention
 * cannot wait until a long one is over.
 *
 * @module
 */
import type { ServerResponse } from 'node:http'
import { VeiligError } from '#lib/errors.ts'
import type { DrillPorts, Synthesis, Synthesized, SynthesisProgress } from './ports.ts'

/** One line of the answer to POST /synthesize. */
export type SynthesisLine =
  | ({ readonly said: 'progress' } & SynthesisProgress)
  | ({ readonly said: 'done' } & Synthesized)
  | { readonly said: 'failed'; readonly code: string; readonly message: string }

const LOOK_MS = 60_000
const PROGRESS_MS = 250

/** One after the other, whoever asks. */
export function inTurn(synthesis: Synthesis): Synthesis {
  let turn: Promise<unknown> = Promise.resolve()
  return {
    due: synthesis.due,
    make: (...asked) => {
      const mine = turn.then(() => synthesis.make(...asked))
      turn = mine.catch(() => undefined)
      return mine
    },
  }
}

/** @throws The signal's reason, and bugs. */
export async function keepSynthesis(
  { synthesis, clock, trail }: Pick<DrillPorts, 'synthesis' | 'clock' | 'trail'>,
  retryMs: number,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    signal.throwIfAborted()
    let from: string | undefined
    let waitMs = LOOK_MS
    try {
      from = await synthesis.due()
      if (from !== undefined) {
        await synthesis.make(from, () => undefined, signal)
        waitMs = 0 // another may be due
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!(error instanceof VeiligError)) throw error
      // Without any region nothing is due that could be done; the probes tell of that.
      if (from !== undefined) {
        const detail = { from, reason: error.code, message: error.message }
        await trail.append([{ code: 'BACKUP_SYNTHESIS_FAILED', detail }])
        waitMs = retryMs
      }
    }
    await clock.sleep(waitMs, signal)
  }
}

/** Lines of JSON, the last `done` or `failed`. */
export async function answerSynthesis(
  synthesis: Synthesis,
  from: string | undefined,
  response: ServerResponse,
  stop: AbortSignal,
): Promise<void> {
  const say = (line: SynthesisLine): void => void response.write(`${JSON.stringify(line)}\n`)
  let toldMs = 0
  const progress = (now: SynthesisProgress): void => {
    const nowMs = performance.now()
    if (nowMs - toldMs < PROGRESS_MS || response.writableNeedDrain) return
    toldMs = nowMs
    say({ said: 'progress', ...now })
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort()) // nobody waits for it any more
  try {
    const made = await synthesis.make(from, progress, AbortSignal.any([stop, gone.signal]))
    say({ said: 'done', ...made })
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    const { code, message } = error
    say({ said: 'failed', code, message: message.replace(`${code}: `, '') })
  } finally {
    response.end()
  }
}
