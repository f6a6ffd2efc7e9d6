/**
 * Where the workers of a gateway ask: the first process counts logins and rates for all of them,
 * writes the one audit book, and tells them what is new.
 *
 * @module
 */
import { Channel, inTime, type ChannelEnd } from '#system/channel.ts'
import type { CertificateRecord } from '../acme/book.ts'
import type { Metrics } from '../metrics.ts'
import { sumOf } from '../metrics.ts'
import type { Asks, Orders, Welcome } from './messages.ts'
import { plainSettings, plainTicketKeys } from './messages.ts'
import type { LoginLimits } from '#lib/lockout/lockout.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { RateLimits } from '#lib/rates.ts'
import type { Settings } from '../changes.ts'
import type { TicketKeys } from '../tickets/keys.ts'

export type DeskPorts = {
  readonly trail: Pick<AuditTrail, 'append'>
  readonly loginLimits: LoginLimits
  readonly rates: RateLimits
  readonly metrics: Metrics
  /** What a worker that begins now must know. */
  readonly welcome: () => Omit<Welcome, 'record'>
}

type Worker = Channel<Orders, Asks>

export class WorkerDesk {
  readonly #ports: DeskPorts
  readonly #workers = new Map<Worker, () => void>()
  #record: CertificateRecord | undefined

  constructor(ports: DeskPorts) {
    this.#ports = ports
  }

  /**
   * Takes in a worker that begins.
   *
   * @param end Where it is heard; when that ends, it is forgotten.
   * @param dismiss Ends it: it could not do as it was told, and a new one begins with what is.
   */
  takeIn(end: ChannelEnd, dismiss: () => void): void {
    const { trail, loginLimits, rates, welcome } = this.#ports
    const worker: Worker = new Channel<Orders, Asks>(end, {
      welcome: () => {
        this.#workers.set(worker, dismiss)
        return { ...welcome(), record: this.#record ?? null }
      },
      loginBegin: (attempt) => loginLimits.begin(attempt),
      loginSettle: ({ ticket, outcome }) => loginLimits.settle(ticket, outcome),
      rate: (question) => rates.take(question),
      audit: async (events) => {
        await trail.append(events)
        return null
      },
    })
    end.once('disconnect', () => void this.#workers.delete(worker))
  }

  /** Resolves when every worker works with these settings, or was dismissed. */
  async changeSettings(settings: Settings): Promise<void> {
    await this.#tellAll('settings', plainSettings(settings))
  }

  async changeTicketKeys(keys: TicketKeys): Promise<void> {
    await this.#tellAll('ticketKeys', plainTicketKeys(keys))
  }

  /** Of the certificate got by ACME: what to show, which challenges to answer. */
  async changeRecord(record: CertificateRecord): Promise<void> {
    this.#record = record
    await this.#tellAll('record', record)
  }

  /** The counters of all processes, added up; a worker that does not answer is left out. */
  async metrics(): Promise<Metrics> {
    const asked = [...this.#workers.keys()].map((worker) => inTime(worker.ask('metrics', null)))
    const answers = await Promise.allSettled(asked)
    const theirs = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    return sumOf([this.#ports.metrics, ...theirs])
  }

  async #tellAll<Name extends keyof Orders>(name: Name, given: Orders[Name][0]): Promise<void> {
    const told = [...this.#workers].map(async ([worker, dismiss]) => {
      await inTime(worker.ask(name, given)).catch(dismiss)
    })
    await Promise.all(told)
  }
}
