/**
 * Passwords of people: what is accepted, and how it is kept.
 *
 * NIST SP 800-63B-4 §3.1.1: length decides, no rules of composition, known passwords are refused
 * with the reason. A second proof is always asked, so eight characters are the least; fifteen are
 * recommended. Argon2id with the OWASP floor of 19 MiB, two passes.
 *
 * @module
 */
import { hash, verify } from '@node-rs/argon2'
import { dictionary } from '@zxcvbn-ts/language-common'

const LENGTH_MIN = 8
const LENGTH_MAX = 256
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const known: ReadonlySet<string> = new Set(dictionary['passwords-common'])

/** Evaluated when there is no account, so that a stranger learns nothing from the time it takes. */
const nobody: Promise<string> = hash('nobody has this password', options)

/** @returns What is wrong with it, as a sentence; undefined when it is good. */
export function passwordFault(password: string, name: string): string | undefined {
  const length = Array.from(password.normalize('NFC')).length
  if (length < LENGTH_MIN) return `Use at least ${LENGTH_MIN} characters; fifteen are better.`
  if (length > LENGTH_MAX) return `Use at most ${LENGTH_MAX} characters.`
  const folded = password.toLowerCase()
  const bare = folded.replace(/[^a-z]+$/, '')
  if (known.has(folded) || known.has(bare))
    return 'This is one of the passwords that attackers try first. Please choose another.'
  const own = name.toLowerCase().split('@')[0] ?? ''
  if (own.length > 3 && folded.includes(own)) return 'Please leave your own name out of it.'
  if (new Set(folded).size < 4) return 'Please use more than three different characters.'
  return undefined
}

export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), options)
}

/** Always the same work, account or none. */
export async function passwordIsRight(
  kept: string | undefined,
  password: string,
): Promise<boolean> {
  const right = await verify(kept ?? (await nobody), password.normalize('NFC'))
  return right && kept !== undefined
}

const STRANGERS_WAIT_MAX = 4
const KNOWN_WAIT_MAX = 16

/**
 * How many passwords are hashed at once: one of strangers and one of known devices. A flood of
 * guesses over many names from many networks passes each lock for a few tries; hashed side by side
 * they would take the machine. What finds no place is not looked at, and said to be so.
 */
export class PasswordLanes {
  readonly #waiting = { stranger: 0, known: 0 }
  readonly #last: Record<'stranger' | 'known', Promise<unknown>> = {
    stranger: Promise.resolve(),
    known: Promise.resolve(),
  }

  async run<T>(known: boolean, work: () => Promise<T>): Promise<T | 'busy'> {
    const lane = known ? 'known' : 'stranger'
    if (this.#waiting[lane] > (known ? KNOWN_WAIT_MAX : STRANGERS_WAIT_MAX)) return 'busy'
    this.#waiting[lane]++
    const turn = this.#last[lane].then(work)
    this.#last[lane] = turn.catch(() => undefined) // said to whoever asked
    try {
      return await turn
    } finally {
      this.#waiting[lane]--
    }
  }
}
