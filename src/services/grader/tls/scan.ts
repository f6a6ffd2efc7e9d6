/**
 * Finds out what a TLS server would agree to: versions, suites, groups, and old mistakes.
 *
 * Only messages in the clear are needed; no key is ever computed. Suites are found by
 * elimination: all are offered, the server takes one, that one is left out, until it takes none.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import {
  encodeClientHello,
  encodeSslTwoHello,
  extensions,
  FALLBACK_SCSV,
  groupNames,
  isSslTwoHello,
  versions,
  type HelloOptions,
} from '#protocol/tls/hello.ts'
import { readFlight, type ServerHello } from '#protocol/tls/server-flight.ts'
import { suites, suiteOf, type Suite } from '#protocol/tls/suites.ts'
import { askHello, Question, type TlsAddress } from './ask.ts'
import { isOldVersion } from './old-client.ts'
import { askOracles, type Answer, type OracleAnswers } from './oracles.ts'

export type TlsVersion = 'SSL 2' | 'SSL 3' | 'TLS 1.0' | 'TLS 1.1' | 'TLS 1.2' | 'TLS 1.3'

export type VersionScan = {
  readonly version: TlsVersion
  /** In the order in which the server prefers them. */
  readonly suites: readonly Suite[]
}

export type TlsScan = {
  readonly versions: readonly VersionScan[]
  readonly groups: readonly string[]
  /** Smallest prime of a finite-field key exchange. */
  readonly primeBitsMin: number | undefined
  readonly compression: boolean
  /** RFC 5746; undefined when no version below TLS 1.3 is spoken. */
  readonly secureRenegotiation: boolean | undefined
  readonly fallbackProtected: Answer
  readonly heartbeat: boolean
  readonly heartbleed: Answer
  /** CVE-2014-0224. */
  readonly earlyCcs: Answer
  /** Of the newest version below TLS 1.3; undefined when there is none. */
  readonly oracles: OracleAnswers | undefined
}

const rawVersions: readonly (readonly [TlsVersion, number])[] = [
  ['SSL 3', versions.ssl3],
  ['TLS 1.0', versions.tls10],
  ['TLS 1.1', versions.tls11],
  ['TLS 1.2', versions.tls12],
  ['TLS 1.3', versions.tls13],
]

const INAPPROPRIATE_FALLBACK = 86
/** More than any server has. */
const SUITES_MAX = 400

/** @throws {FaultError} GRADE_NOT_REACHED when the server takes no connection. */
export async function scanTls(
  address: TlsAddress,
  serverName: string | undefined,
  signal: AbortSignal,
): Promise<TlsScan> {
  const server = new Server(address, serverName, signal)
  const found = await Promise.all(
    rawVersions.map(([version, number]) => server.suitesOf(version, number)),
  )
  const sslTwo = await server.speaksSslTwo()
  const older = found.filter(({ number }) => number < versions.tls13)
  const newest = older.findLast(({ hellos }) => hellos.length > 0)
  const hellos = older.flatMap((each) => each.hellos)
  const primes = hellos.flatMap(({ primeBits }) => (primeBits === undefined ? [] : [primeBits]))
  const best = newest ? { version: newest.number, suites: newest.suites } : undefined
  const isSafe = newest?.hellos[0]?.extensions.has(extensions.renegotiation)
  const none = { offered: false, bleeds: 'no' as const }
  const [heart, groups, compression, fallbackProtected, earlyCcs, oracles] = await Promise.all([
    best ? server.heartbeat(best) : none,
    server.groups(found),
    best ? server.compresses(best) : false,
    server.isFallbackProtected(found),
    best ? server.takesEarlyCcs(best) : ('no' as const),
    newest && isOldVersion(newest.number)
      ? askOracles(address, serverName, newest, isSafe === true, signal)
      : undefined,
  ])
  return {
    versions: [
      ...(sslTwo ? [{ version: 'SSL 2' as const, suites: [] }] : []),
      ...found
        .filter(({ hellos: answers }) => answers.length > 0)
        .map(({ version, suites: numbers }) => ({ version, suites: numbers.map(suiteOf) })),
    ],
    groups,
    primeBitsMin: primes.length > 0 ? Math.min(...primes) : undefined,
    compression,
    secureRenegotiation: isSafe,
    fallbackProtected,
    heartbeat: heart.offered,
    heartbleed: heart.bleeds,
    earlyCcs,
    oracles,
  }
}

type Found = {
  readonly version: TlsVersion
  readonly number: number
  readonly suites: readonly number[]
  readonly hellos: readonly ServerHello[]
}

type Offer = { readonly version: number; readonly suites: readonly number[] }

class Server {
  readonly #address: TlsAddress
  readonly #serverName: string | undefined
  readonly #signal: AbortSignal

  constructor(address: TlsAddress, serverName: string | undefined, signal: AbortSignal) {
    this.#address = address
    this.#serverName = serverName
    this.#signal = signal
  }

  async suitesOf(version: TlsVersion, number: number): Promise<Found> {
    const isNew = number === versions.tls13
    const offered = new Set(
      [...suites.values()]
        .filter(({ keyExchange }) => (keyExchange === 'tls13') === isNew)
        .map((suite) => suite.number),
    )
    const hellos: ServerHello[] = []
    while (offered.size > 0 && hellos.length < SUITES_MAX) {
      const hello = await this.#hello({ version: number, suites: [...offered] })
      // An answer in another version, or with what was not offered, agrees to nothing.
      if (!hello || hello.version !== number || !offered.delete(hello.suite)) break
      hellos.push(hello)
    }
    return { version, number, suites: hellos.map(({ suite }) => suite), hellos }
  }

  async speaksSslTwo(): Promise<boolean> {
    using question = await Question.open(this.#address, this.#signal)
    question.send(encodeSslTwoHello(randomBytes(16)))
    await question.until((bytes) => bytes.length >= 13)
    return isSslTwoHello(question.bytes)
  }

  /** Names of groups it agrees to, each offered alone. */
  async groups(found: readonly Found[]): Promise<readonly string[]> {
    const newest = found.findLast(({ hellos }) => hellos.length > 0)
    const withCurves = found
      .filter(({ number }) => number < versions.tls13)
      .map(({ number, suites: all }) => {
        const fitting = all.filter((suite) => suiteOf(suite).keyExchange === 'ecdhe')
        return { version: number, suites: fitting }
      })
      .findLast(({ suites: fitting }) => fitting.length > 0)
    const isNew = newest?.number === versions.tls13
    const offer = isNew ? { version: newest.number, suites: newest.suites } : withCurves
    if (!offer) return []
    const answers = await Promise.all(
      [...groupNames].map(async ([number, name]) => {
        const hello = await this.#hello({ ...offer, groups: [number] })
        return hello?.group === number ? [name] : []
      }),
    )
    return answers.flat()
  }

  async compresses(offer: Offer): Promise<boolean> {
    return ((await this.#hello({ ...offer, compression: [1, 0] }))?.compression ?? 0) !== 0
  }

  /** Whether it refuses a client that pretends to have fallen back. Source: RFC 7507. */
  async isFallbackProtected(found: readonly Found[]): Promise<Answer> {
    const spoken = found.filter(({ hellos }) => hellos.length > 0)
    const lower = spoken.at(-2)
    if (!lower) return 'unknown' // one version alone: there is nothing to fall back from
    const all = [...lower.suites, FALLBACK_SCSV]
    const hello = this.#encode({ version: lower.number, suites: all })
    const { alert } = await askHello(this.#address, hello, this.#signal)
    return alert === INAPPROPRIATE_FALLBACK ? 'yes' : 'no'
  }

  /** Heartbleed: asks for 16 KiB of what it sent nothing of. Source: CVE-2014-0160, RFC 6520. */
  async heartbeat(offer: Offer): Promise<{ readonly offered: boolean; readonly bleeds: Answer }> {
    using question = await Question.open(this.#address, this.#signal)
    question.send(this.#encode({ ...offer, heartbeat: true }))
    await question.until((bytes) => readFlight(bytes).complete)
    const { hello, complete } = readFlight(question.bytes)
    if (!hello?.extensions.has(extensions.heartbeat)) return { offered: false, bleeds: 'no' }
    if (!complete) return { offered: true, bleeds: 'unknown' }
    question.forget()
    const record = Uint8Array.of(offer.version >> 8, offer.version & 255)
    question.send(Buffer.concat([Uint8Array.of(24), record, Uint8Array.of(0, 3, 1, 0x40, 0)]))
    await question.until((bytes) => bytes.length >= 8, SILENCE_MS / 2)
    const isAnswer = question.bytes[0] === 24 && question.bytes.length > 8
    return { offered: true, bleeds: isAnswer ? 'yes' : 'no' }
  }

  /**
   * A server that takes ChangeCipherSpec before any key exists stays silent, and then cannot
   * decrypt a second one; a mended one refuses the first at once. Source: CVE-2014-0224.
   */
  async takesEarlyCcs(offer: Offer): Promise<Answer> {
    using question = await Question.open(this.#address, this.#signal)
    question.send(this.#encode(offer))
    await question.until((bytes) => readFlight(bytes).complete)
    if (!readFlight(question.bytes).hello) return 'unknown'
    question.forget()
    const record = Uint8Array.of(20, offer.version >> 8, offer.version & 255, 0, 1, 1)
    question.send(record)
    await question.until((bytes) => bytes.length >= 7, SILENCE_MS)
    if (question.ended || question.bytes.length > 0) return 'no'
    question.send(record)
    await question.until((bytes) => bytes.length >= 7, SILENCE_MS)
    const alert = question.bytes[0] === 21 ? question.bytes[6] : undefined
    return alert === 20 || alert === 21 ? 'yes' : 'unknown'
  }

  async #hello(offer: Omit<HelloOptions, 'random'>): Promise<ServerHello | undefined> {
    return (await askHello(this.#address, this.#encode(offer), this.#signal)).hello
  }

  #encode(offer: Omit<HelloOptions, 'random'>): Uint8Array {
    return encodeClientHello({ serverName: this.#serverName, ...offer, random: randomBytes(32) })
  }
}

/** How long a server may think about a message that deserves no answer. */
const SILENCE_MS = 3_000
