/**
 * The DKIM keys of every domain through their lives: made, published, signed with, taken back.
 *
 * A generation is a pair, RSA and Ed25519, under selectors of its own (`veilig-r2`, `veilig-e2`).
 * The next one signs only once its records are seen in DNS, and the former one stays published
 * for a week: mail that it signed may still be under way, or be looked at again.
 *
 * What lies where: `dkim-DOMAIN-SELECTOR.pem` signs, `….pem.next` waits to be published,
 * `….pem.former` is the public half of one that signs no more; its private half is gone.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { dkimRecord, type PublicDkimKey } from '#protocol/dns/mail-records.ts'
import type { DkimKey } from '#protocol/mail/dkim.ts'
import type { Disk } from '#system/disk.ts'
import { isPublicDomain } from './config.ts'
import type { Lookup } from './dns-check.ts'
import { DAY_MS } from './limits.ts'

const RSA_BITS = 2048
/** How long a key stays published after its last signature. */
export const FORMER_MS: number = 7 * DAY_MS

export type Standing = 'signing' | 'next' | 'former'

export type PublishedKey = PublicDkimKey & {
  readonly domain: string
  readonly generation: number
  readonly standing: Standing
}

type Kind = 'rsa' | 'ed25519'
const letters: Readonly<Record<Kind, string>> = { rsa: 'r', ed25519: 'e' }
const kinds = ['rsa', 'ed25519'] as const

type Known = PublishedKey & {
  readonly file: string
  readonly privateKey: KeyObject | undefined
  readonly retiredMs: number
}

const generate = promisify(generateKeyPair)

export class Keyring {
  readonly #disk: Disk
  readonly #folder: string
  readonly #domains: readonly string[]
  #known: readonly Known[] = []

  private constructor(disk: Disk, folder: string, domains: readonly string[]) {
    this.#disk = disk
    this.#folder = folder
    this.#domains = domains
  }

  /**
   * Reads the keys, and makes the first pair of a domain that has none.
   *
   * @param folder The gateway's secrets.
   * @throws {FaultError} As the disk.
   */
  static async open(disk: Disk, folder: string, domains: readonly string[]): Promise<Keyring> {
    const ring = new Keyring(disk, folder, domains)
    await ring.#read()
    const bare = domains.filter((domain) => ring.#of(domain, 'signing').length === 0)
    for (const domain of bare) await ring.#make(domain, 1, '')
    if (bare.length > 0) await ring.#read()
    return ring
  }

  /** Those to sign with. */
  signing(): readonly DkimKey[] {
    return this.#known.flatMap(({ standing, privateKey, domain, selector }) =>
      standing === 'signing' && privateKey ? [{ domain, selector, privateKey }] : [],
    )
  }

  /** Those that must stand in DNS, in the order of their making. */
  published(): readonly PublishedKey[] {
    return this.#known
  }

  /** Makes the next pair of every domain that has none waiting. @returns Their selectors. */
  async begin(): Promise<readonly string[]> {
    await this.#read() // another process may have begun
    for (const domain of this.#domains) {
      if (this.#of(domain, 'next').length > 0) continue
      const newest = Math.max(...this.#of(domain).map((key) => key.generation))
      await this.#make(domain, newest + 1, '.next')
    }
    await this.#read()
    return this.#known.filter((key) => key.standing === 'next').map((key) => key.selector)
  }

  /**
   * Lets the next pairs sign whose records stand in DNS, and forgets former ones after their week.
   *
   * @returns The selectors that sign from now on.
   */
  async advance(lookup: Lookup, nowMs: number): Promise<readonly string[]> {
    await this.#read()
    const switched: string[] = []
    for (const domain of this.#domains) {
      const next = this.#of(domain, 'next')
      if (next.length < kinds.length) continue
      if (isPublicDomain(domain) && !(await allPublished(lookup, next))) continue
      await this.#switch(next, this.#of(domain, 'signing'), nowMs)
      switched.push(...next.map((key) => key.selector))
    }
    const old = this.#known.filter(
      ({ standing, retiredMs }) => standing === 'former' && nowMs - retiredMs > FORMER_MS,
    )
    for (const { file } of old) await this.#disk.remove(this.#path(file))
    if (switched.length > 0 || old.length > 0) await this.#read()
    return switched
  }

  /** In an order that a crash may cut anywhere: the newest key that lies there signs. */
  async #switch(next: readonly Known[], signing: readonly Known[], nowMs: number): Promise<void> {
    for (const { file } of next) {
      const bytes = await this.#disk.read(this.#path(file))
      await this.#disk.replace(this.#path(file.replace(/\.next$/, '')), bytes)
    }
    for (const { file, publicKey } of signing) {
      const pem = publicKey.export({ type: 'spki', format: 'pem' })
      const former = Buffer.from(JSON.stringify({ retiredMs: nowMs, publicKey: pem }))
      await this.#disk.replace(this.#path(`${file}.former`), former)
      await this.#disk.remove(this.#path(file))
    }
    for (const { file } of next) await this.#disk.remove(this.#path(file))
  }

  async #make(domain: string, generation: number, suffix: '' | '.next'): Promise<void> {
    for (const kind of kinds) {
      const file = `dkim-${domain}-veilig-${letters[kind]}${generation}.pem${suffix}`
      if ((await this.#disk.size(this.#path(file))) !== undefined) continue
      await this.#disk.createOnce(this.#path(file), await newKey(kind))
    }
  }

  async #read(): Promise<void> {
    const found: Known[] = []
    for (const file of await this.#disk.list(this.#folder)) {
      const form = /^dkim-(.+)-(veilig-[re](\d{1,6}))\.pem(\.next|\.former)?$/
      const [, domain = '', selector = '', digits, suffix] = form.exec(file) ?? []
      if (digits === undefined || !this.#domains.includes(domain)) continue
      const bytes = Buffer.from(await this.#disk.read(this.#path(file)))
      const standing = suffix === '.next' ? 'next' : suffix === '.former' ? 'former' : 'signing'
      const place = { domain, selector, generation: Number(digits), standing, file } as const
      found.push({ ...place, ...(standing === 'former' ? formerKey(bytes) : livingKey(bytes)) })
    }
    const newest = (key: Known): boolean =>
      key.standing !== 'signing' || key.generation === newestOf(found, key.domain)
    // A switch that was cut short left both: the newer one signs, the older is still published.
    this.#known = found
      .map((key): Known => (newest(key) ? key : { ...key, standing: 'former' }))
      .filter((key) => key.standing !== 'next' || key.generation > newestOf(found, key.domain))
      .toSorted((a, b) => a.generation - b.generation || b.selector.localeCompare(a.selector))
  }

  #of(domain: string, standing?: Standing): readonly Known[] {
    return this.#known.filter(
      (key) => key.domain === domain && (standing === undefined || key.standing === standing),
    )
  }

  #path(file: string): string {
    return `${this.#folder}/${file}`
  }
}

/** Of those that lie there whole: a switch under way may have written one of the two. */
function newestOf(keys: readonly Known[], domain: string): number {
  const signing = keys.filter((key) => key.domain === domain && key.standing === 'signing')
  const whole = signing.filter(
    ({ generation }) =>
      signing.filter((one) => one.generation === generation).length >= kinds.length,
  )
  return Math.max(0, ...(whole.length > 0 ? whole : signing).map(({ generation }) => generation))
}

async function allPublished(lookup: Lookup, keys: readonly PublishedKey[]): Promise<boolean> {
  const seen = await Promise.all(
    keys.map(async ({ domain, selector, publicKey }) => {
      const wanted = dkimRecord(publicKey).split('p=')[1]
      const rows = await lookup(`${selector}._domainkey.${domain}`, 'TXT').catch(() => [])
      const texts = rows.map((row) => [row].flat().join('').replaceAll(/\s/g, ''))
      return texts.some((text) => text.split('p=')[1]?.replace(/;.*$/, '') === wanted)
    }),
  )
  return seen.every(Boolean)
}

async function newKey(kind: Kind): Promise<Uint8Array> {
  const { privateKey } =
    kind === 'rsa' ? await generate('rsa', { modulusLength: RSA_BITS }) : await generate('ed25519')
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
}

type Half = Pick<Known, 'privateKey' | 'publicKey' | 'retiredMs'>

function livingKey(pem: Buffer): Half {
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicKey: createPublicKey(privateKey), retiredMs: 0 }
}

function formerKey(json: Buffer): Half {
  const { retiredMs, publicKey } = JSON.parse(json.toString('utf8')) as {
    retiredMs: number
    publicKey: string
  }
  return { privateKey: undefined, publicKey: createPublicKey(publicKey), retiredMs }
}
