/**
 * Verifying a book again and again at the price of what is new: closed segments whose files did not
 * change are not read each time. Now and then everything is, because who has every right on the
 * machine can make a changed file look unchanged.
 *
 * @module
 */
import { systemClock } from '#system/clock.ts'
import { verifyBook, type VerifiedPrefix, type VerifyOptions, type VerifyReport } from './verify.ts'

export type BookWatchOptions = Omit<VerifyOptions, 'resume'> & {
  /** At least so often every byte is read. */
  readonly wholeEveryMs: number
}

export class BookWatch {
  readonly #options: BookWatchOptions
  #sound: VerifiedPrefix | undefined
  #wholeMs = -Infinity

  constructor(options: BookWatchOptions) {
    this.#options = options
  }

  /** As `verifyBook`. A fault that was found is found again until it is gone. */
  async verify(): Promise<VerifyReport> {
    const nowMs = (this.#options.clock ?? systemClock).monotonicMs()
    const whole = nowMs - this.#wholeMs >= this.#options.wholeEveryMs
    if (whole) this.#wholeMs = nowMs
    const resume = whole ? undefined : this.#sound
    const report = await verifyBook({ ...this.#options, resume })
    this.#sound = report.sound
    return report
  }
}
