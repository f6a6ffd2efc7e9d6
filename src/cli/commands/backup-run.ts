/**
 * `veilig backup run`: asks the running service for a backup now, and shows it come.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { askBackup } from '#services/backup/control/client.ts'
import type { ControlAnswer } from '#services/backup/control/messages.ts'
import type { Command, CommandInput } from '../command.ts'

export const backupRunCommand: Command = {
  name: 'backup run',
  summary: 'take a backup now: all, what changed since the last full one, or since the last',
  usage: '[--type full|differential|incremental] [--label TEXT]',
  options: { type: { type: 'string' }, label: { type: 'string' } },
  run: async (context, input) => {
    const { type = 'full', label = 'by hand' } = input.values
    if (type !== 'full' && type !== 'differential' && type !== 'incremental') {
      const types = "'full', 'differential' or 'incremental'"
      const message = `no backup has the type '${String(type)}'; take ${types}`
      throw new UsageError('BACKUP_TYPE_UNKNOWN', message)
    }
    const request = { request: 'backup', type, label: String(label).slice(0, 200) } as const
    const shown = input.interactive ? new ProgressLine(context.clock) : undefined
    let status = 1
    for await (const answer of askBackup(context.paths.socket('backup'), request, input.signal)) {
      if (answer.answer === 'done') status = 0
      if (shown) shown.show(answer)
      else print(answer, input)
    }
    return status
  },
}

/** For programs one JSON object a line; for a log file a sentence at the beginning and the end. */
function print(answer: ControlAnswer, input: CommandInput): void {
  if (input.values['json'] === true) process.stdout.write(`${JSON.stringify(answer)}\n`)
  else if (answer.answer !== 'progress') process.stdout.write(`${sentence(answer)}\n`)
}

/** One line that is written over and over. */
class ProgressLine {
  readonly #clock: { monotonicMs(): number }
  readonly #begunMs: number

  constructor(clock: { monotonicMs(): number }) {
    this.#clock = clock
    this.#begunMs = clock.monotonicMs()
  }

  show(answer: ControlAnswer): void {
    if (answer.answer === 'progress') process.stdout.write(`\r\x1b[2K${this.#line(answer)}`)
    else process.stdout.write(`\r\x1b[2K${sentence(answer)}\n`)
  }

  #line({ doneBytes, totalBytes }: Extract<ControlAnswer, { answer: 'progress' }>): string {
    return progressText(doneBytes, totalBytes, this.#clock.monotonicMs() - this.#begunMs)
  }
}

/** `  42 %   430 of 1024 MB   215 MB/s   about 3 s left`. The total is the server's estimate. */
export function progressText(doneBytes: number, totalBytes: number, elapsedMs: number): string {
  const total = Math.max(doneBytes, totalBytes)
  const percent = total === 0 ? 0 : Math.floor((100 * doneBytes) / total)
  const bytesPerMs = elapsedMs === 0 ? 0 : doneBytes / elapsedMs
  const left = bytesPerMs === 0 ? '' : `   about ${seconds((total - doneBytes) / bytesPerMs)} left`
  const speed = bytesPerMs === 0 ? '' : `   ${megabytes(bytesPerMs * 1000)} MB/s`
  const amount = `${megabytes(doneBytes)} of ${megabytes(total)} MB`
  return `${String(percent).padStart(4)} %   ${amount}${speed}${left}`
}

function sentence(answer: ControlAnswer): string {
  switch (answer.answer) {
    case 'begun':
      return answer.joined ? 'A backup is under way already; here it comes.' : 'Backup begun.'
    case 'done': {
      const { id, kind, startedMs, finishedMs, plainBytes, storedBytes, damagedPageCount } =
        answer.backup
      const took = seconds(finishedMs - startedMs)
      const stored = `${megabytes(plainBytes)} MB, stored as ${megabytes(storedBytes)} MB`
      const damage = damagedPageCount === 0 ? '' : ` ${damagedPageCount} PAGES ARE DAMAGED.`
      return `The ${kind} backup ${id} is in every required region: ${stored}, in ${took}.${damage}`
    }
    case 'failed':
      return `The backup failed. ${answer.message}`
    case 'progress':
    case 'status':
    case 'destroyed':
    case 'synchronous':
    case 'held':
    case 'recipients':
    case 'branch-left':
    case 'synthetic':
    case 'noted':
      return ''
    default:
      return answer satisfies never
  }
}

export function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes < 100 * 1024 * 1024 ? 1 : 0)
}

function seconds(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1000))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
