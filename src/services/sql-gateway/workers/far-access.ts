/**
 * The rules of connecting, kept by the first process: a worker asks it where a rule is about the
 * connection, and nobody where none is.
 *
 * @module
 */
import type { Channel } from '#system/channel.ts'
import { Access, type Breach, type Doorkeeper } from '../access.ts'
import type { Peer } from '../events.ts'
import { Pacer, type Count } from '../pace.ts'
import type { Identity } from '../policy.ts'
import type { Asks, Orders, PlainHaste } from './messages.ts'

type First = Pick<Channel<Asks, Orders>, 'ask'>

const NONE: readonly Breach[] = []

export class FarAccess implements Doorkeeper {
  readonly #first: First
  /** Only to see whom the rules are about, and for sanctions: it counts nobody. */
  readonly #own: Access

  constructor(first: First, own: Access) {
    this.#first = first
    this.#own = own
  }

  ask(
    identity: Identity,
    address: string,
    nowMs: number,
  ): readonly Breach[] | Promise<readonly Breach[]> {
    if (this.#own.isSanctioned(identity, address, nowMs))
      return [{ condition: 'sanction', mode: 'enforce' }]
    if (!this.#own.isAbout(identity)) return NONE
    return this.#first.ask('mayConnect', { identity, address })
  }

  enter(identity: Identity, address: string): readonly Breach[] | Promise<readonly Breach[]> {
    const breaches = this.#first.ask('enter', { identity, address })
    if (this.#own.isAbout(identity)) return breaches
    breaches.catch(() => undefined) // counted for rules to come; we end with the first process
    return NONE
  }

  leave(identity: Identity, address: string): void {
    // Without the first process nobody counts any more, and we are about to end.
    this.#first.ask('leave', { identity, address }).catch(() => undefined)
  }

  pacerOf(identity: Identity, peer: Peer): Pacer | undefined {
    const { address } = peer
    if (this.#own.pacesOf(identity, address).length === 0) return undefined
    const ask = (statements: number): Promise<PlainHaste> =>
      this.#first.ask('said', { identity, address, statements })
    return new Pacer(peer, farCount(ask))
  }
}

/**
 * Counts where all count. The answer comes a moment later, so it holds for what is said next; one
 * question at a time, whatever is said meanwhile.
 */
export function farCount(ask: (statements: number) => Promise<PlainHaste>): Count {
  let unsaid = 0
  let isAsking = false
  let saidMs = 0
  let answer: PlainHaste & { readonly atMs: number } = { waitMs: 0, mode: null, atMs: 0 }
  const tell = async (): Promise<void> => {
    isAsking = true
    try {
      while (unsaid > 0) {
        const [statements, atMs] = [unsaid, saidMs]
        unsaid = 0
        answer = { ...(await ask(statements)), atMs }
      }
    } catch {
      // The first process is gone, and so are we in a moment.
    } finally {
      isAsking = false
    }
  }
  return (statements, nowMs) => {
    unsaid += statements
    saidMs = nowMs
    if (!isAsking) void tell()
    const waitMs = Math.max(0, answer.waitMs - (nowMs - answer.atMs))
    return { waitMs, mode: answer.mode ?? undefined }
  }
}
