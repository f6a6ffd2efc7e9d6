/**
 * Where the workers of a SQL gateway ask: the first process counts for all of them who is connected
 * and how fast a role speaks, asks the server for verifiers and names, and tells what is new.
 *
 * @module
 */
import { Channel, inTime, type ChannelEnd } from '#system/channel.ts'
import type { Clock } from '#system/clock.ts'
import type { Access } from '../access.ts'
import { hasteOf } from '../pace.ts'
import type { SqlGatewayPorts } from '../ports.ts'
import type { Sanctions } from '../sanctions.ts'
import type { Asks, Orders, Settings, Welcome, Who } from './messages.ts'

export type DeskPorts = Pick<SqlGatewayPorts, 'verifierOf' | 'columnsOf'> & {
  readonly clock: Clock
  readonly access: Access
  readonly sanctions: Sanctions
  /** What a worker that begins now must know. */
  readonly welcome: () => Welcome
}

type Worker = Channel<Orders, Asks>

export class WorkerDesk {
  readonly #ports: DeskPorts
  readonly #workers = new Map<Worker, () => void>()

  constructor(ports: DeskPorts) {
    this.#ports = ports
  }

  /**
   * Takes in a worker that begins.
   *
   * @param end Where it is heard; when that ends, its sessions are over, and it is forgotten.
   * @param dismiss Ends it: it could not do as it was told, and a new one begins with what is.
   */
  takeIn(end: ChannelEnd, dismiss: () => void): void {
    const { access, clock, sanctions, welcome, verifierOf, columnsOf } = this.#ports
    const inside = new Guests(access)
    const worker: Worker = new Channel<Orders, Asks>(end, {
      welcome: () => {
        this.#workers.set(worker, dismiss)
        return welcome()
      },
      verifier: async (user) => (await verifierOf?.(user)) ?? null,
      columns: async (database) => (await columnsOf?.(database)) ?? [],
      sanctions: (known) => {
        const { version, all } = sanctions
        return version === known ? null : { version, all }
      },
      mayConnect: ({ identity, address }) => access.ask(identity, address, clock.nowMs()),
      enter: (who) => inside.enter(who),
      leave: (who) => {
        inside.leave(who)
        return null
      },
      said: ({ identity, address, statements }) => {
        const count = hasteOf(access.pacesOf(identity, address))
        const { waitMs, mode = null } = count(statements, clock.monotonicMs())
        return { waitMs, mode }
      },
    })
    end.once('disconnect', () => {
      this.#workers.delete(worker)
      inside.leaveAll()
    })
  }

  /** Resolves when every worker works with these settings, or was dismissed. */
  async changeSettings(settings: Settings): Promise<void> {
    const told = [...this.#workers].map(async ([worker, dismiss]) => {
      await inTime(worker.ask('settings', settings)).catch(dismiss)
    })
    await Promise.all(told)
  }
}

/** Who is connected to one worker, so that none of them stays counted when it is killed. */
class Guests {
  readonly #access: Access
  readonly #counts = new Map<string, { readonly who: Who; count: number }>()

  constructor(access: Access) {
    this.#access = access
  }

  enter(who: Who): ReturnType<Access['enter']> {
    const breaches = this.#access.enter(who.identity, who.address)
    if (breaches.some(({ mode }) => mode === 'enforce')) return breaches
    const key = JSON.stringify(who)
    const known = this.#counts.get(key)
    if (known) known.count++
    else this.#counts.set(key, { who, count: 1 })
    return breaches
  }

  leave(who: Who): void {
    const key = JSON.stringify(who)
    const known = this.#counts.get(key)
    if (!known) return
    this.#access.leave(who.identity, who.address)
    if (--known.count === 0) this.#counts.delete(key)
  }

  leaveAll(): void {
    for (const { who, count } of this.#counts.values())
      for (let left = count; left > 0; left--) this.#access.leave(who.identity, who.address)
    this.#counts.clear()
  }
}
