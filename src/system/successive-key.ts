/**
 * An Ed25519 key in a file that another takes over from, step by step and never by halves.
 *
 * `FILE` holds the key that signs. Whoever wants another puts it into `FILE.next`. The process that
 * signs finds it there, announces it in its own way, signed by the key before, and then moves it to
 * the place of that one, which is gone. A takeover that is cut short is finished or done anew.
 *
 * @module
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { FaultError } from '#lib/errors.ts'
import type { Clock } from './clock.ts'
import { systemDisk } from './disk.ts'
import { nextOf } from './secret-file.ts'

export class SuccessiveKey {
  readonly #file: string
  #signing: KeyObject

  private constructor(file: string, signing: KeyObject) {
    this.#file = file
    this.#signing = signing
  }

  /**
   * The key of a PKCS #8 file, made when there is none.
   *
   * @param wasAnnounced Whether the key that was to take over was announced before the process
   *   ended: then it has taken over.
   * @throws {FaultError} DISK_….
   */
  static async open(
    file: string,
    wasAnnounced: (heir: KeyObject) => boolean | Promise<boolean>,
  ): Promise<SuccessiveKey> {
    if ((await systemDisk.size(file)) === undefined) await systemDisk.createOnce(file, freshPem())
    const key = new SuccessiveKey(file, await readKey(file))
    if ((await systemDisk.size(nextOf(file))) === undefined) return key
    if (await wasAnnounced(await readKey(nextOf(file)))) await key.succeed()
    return key
  }

  get signing(): KeyObject {
    return this.#signing
  }

  /** The key that is to take over, when somebody wants one to. @throws {FaultError} DISK_…. */
  async heir(): Promise<KeyObject | undefined> {
    const file = nextOf(this.#file)
    return (await systemDisk.size(file)) === undefined ? undefined : readKey(file)
  }

  /** The heir signs from here on; the key before is gone. @throws {FaultError} DISK_…. */
  async succeed(): Promise<void> {
    const heir = await systemDisk.read(nextOf(this.#file))
    await systemDisk.replace(this.#file, heir)
    await systemDisk.remove(nextOf(this.#file))
    this.#signing = createPrivateKey(Buffer.from(heir))
  }
}

const LOOK_EVERY_MS = 500

/**
 * Has another key take over whenever somebody wants one to, until disposal.
 *
 * @param takeOver Announces it and calls `succeed`. What it throws is told by `failed`.
 */
export function followHeirs(
  key: SuccessiveKey,
  clock: Clock,
  takeOver: (heir: KeyObject) => Promise<void>,
): AsyncDisposable & { readonly failed: Promise<never> } {
  const stopping = new AbortController()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const heir = await key.heir()
      if (heir) await takeOver(heir)
      await clock.sleep(LOOK_EVERY_MS, stopping.signal).catch(() => undefined)
    }
  }
  const running = follow().catch(fail)
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await running
    },
  }
}

const PATIENCE_MS = 30_000
const ASK_EVERY_MS = 50

/**
 * Wants another key in a file, and waits until the process that signs with it has taken it.
 *
 * @throws {FaultError} KEY_NOT_TAKEN: nobody runs who signs with it; the next who does takes it.
 */
export async function wantHeir(file: string, clock: Clock): Promise<void> {
  const next = nextOf(file)
  if ((await systemDisk.size(next)) === undefined) await systemDisk.replace(next, freshPem())
  const begunMs = clock.monotonicMs()
  while ((await systemDisk.size(next)) !== undefined) {
    if (clock.monotonicMs() - begunMs > PATIENCE_MS) {
      const message = `${file}: the process that signs with it does not run; it takes it then`
      throw new FaultError('KEY_NOT_TAKEN', message)
    }
    await clock.sleep(ASK_EVERY_MS)
  }
}

async function readKey(file: string): Promise<KeyObject> {
  return createPrivateKey(Buffer.from(await systemDisk.read(file)))
}

function freshPem(): Buffer {
  const { privateKey } = generateKeyPairSync('ed25519')
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
