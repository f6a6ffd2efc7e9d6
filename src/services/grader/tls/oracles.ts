/**
 * Asks a server what it must not tell: whether a padding was right, whether a key message was well
 * made, whether it forgets what memory is whose.
 *
 * A server that treats all bad records alike tells nothing. One that does not must do so three
 * times in a row before it is called vulnerable: networks lose things, too.
 *
 * Sources: Möller et al., "This POODLE bites"; Young, "Zombie POODLE, GOLDENDOODLE"; CVE-2016-2107,
 * CVE-2019-1559; Böck et al., "Return Of Bleichenbacher's Oracle Threat"; CVE-2016-9244
 * (Ticketbleed); Merget et al., "Raccoon Attack"; RFC 5746.
 *
 * @module
 */
import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import { encodeClientHello } from '#protocol/tls/hello.ts'
import { contentTypes, encodeMessage, encodeRecord, readRecords } from '#protocol/tls/messages.ts'
import {
  cipherKindOf,
  wellMade,
  type RecordCipher,
  type Spoil,
} from '#protocol/tls/record-cipher.ts'
import { suiteOf } from '#protocol/tls/suites.ts'
import type { Question, TlsAddress } from './ask.ts'
import {
  fieldNumbers,
  fieldParams,
  openFlight,
  openOldConnection,
  rsaKeyOf,
  type OldOffer,
} from './old-client.ts'

/** What was seen: yes, no, or it could not be told. */
export type Answer = 'yes' | 'no' | 'unknown'

export type PaddingFault =
  | 'POODLE-TLS'
  | 'Zombie POODLE'
  | 'GOLDENDOODLE'
  | 'Sleeping POODLE'
  | 'CVE-2016-2107'
  | 'CVE-2019-1559'

export type OracleAnswers = {
  /** Empty when no suite in CBC is offered that we can speak. */
  readonly padding: Readonly<Partial<Record<PaddingFault, Answer>>>
  readonly robot: Answer
  readonly ticketbleed: Answer
  /** Whether the same secret of a finite-field exchange serves twice. */
  readonly reusesField: Answer
  /** Whether a second handshake within an unprotected first is begun. */
  readonly renegotiates: Answer
}

/** What one version of a server agreed to. */
export type OldVersion = { readonly number: number; readonly suites: readonly number[] }

/** How long a server may stay silent on a message that deserves a refusal, at least. */
const SILENCE_MS = 1_500
/** A server that took long for a handshake takes long for a refusal: as many times as long. */
const PATIENCE = 3
/** How long after its answer it may take to close: a part of that. */
const AFTERWARDS = 1 / 15
const ROUNDS = 3
/** Alike they must be; where a network or a machine is busy, some are not. */
const ROUNDS_MAX = 6
const RECORD_OVERFLOW = 22

/** @param version The newest the server speaks below TLS 1.3. */
export async function askOracles(
  address: TlsAddress,
  serverName: string | undefined,
  version: OldVersion,
  /** Whether it said that it renegotiates safely (RFC 5746). */
  isSafe: boolean,
  signal: AbortSignal,
): Promise<OracleAnswers> {
  const oracles = new Oracles(address, { version: version.number, serverName, suites: [] }, signal)
  const { suites } = version
  const known = suites.filter((suite) => isComputable(suite))
  const cbc = known.filter((suite) => cipherKindOf(suite)?.mode === 'cbc')
  const rsa = suites.filter((suite) => suiteOf(suite).keyExchange === 'rsa')
  const field = suites.filter((suite) => suiteOf(suite).keyExchange === 'dhe')
  const [padding, robot, ticketbleed, reusesField, renegotiates] = await Promise.all([
    cbc.length > 0 ? oracles.padding(cbc) : {},
    rsa.length > 0 ? oracles.robot(rsa) : ('no' as const),
    known.length > 0 ? oracles.ticketbleed(known) : ('unknown' as const),
    field.length > 0 ? oracles.reusesField(field) : ('no' as const),
    isSafe ? ('no' as const) : oracles.renegotiates(known),
  ])
  return { padding, robot, ticketbleed, reusesField, renegotiates }
}

function isComputable(suite: number): boolean {
  const { keyExchange, export: isWeak } = suiteOf(suite)
  return cipherKindOf(suite) !== undefined && /^(?:rsa|ecdhe|dhe)$/.test(keyExchange) && !isWeak
}

/** A record that is not as it should be, and the name of what betrays it. */
const badRecords: Readonly<Record<string, Spoil>> = {
  'invalid MAC': ({ content, mac, blockSize }) =>
    wellMade({ content, mac: flipped(mac), blockSize }),
  'invalid padding': ({ content, mac, blockSize }) => {
    const plain = wellMade({ content, mac, blockSize })
    const size = plain.at(-1) ?? 0
    // Two blocks of padding, all of it wrong but its length.
    const padding = Buffer.alloc(size + 1 + blockSize, 0x5a)
    padding[padding.length - 1] = padding.length - 1
    return Buffer.concat([content, mac, padding])
  },
  incomplete: ({ blockSize }) => Buffer.alloc(5 * blockSize, 0xff),
  'missing MAC': ({ blockSize }) => Buffer.alloc(4 * blockSize, 4 * blockSize - 1),
  empty: ({ mac, blockSize }) =>
    wellMade({ content: Buffer.alloc(0), mac: flipped(mac), blockSize }),
}

const namesOf: readonly (readonly [string, PaddingFault])[] = [
  ['invalid MAC', 'GOLDENDOODLE'],
  ['invalid padding', 'Zombie POODLE'],
  ['incomplete', 'Sleeping POODLE'],
  ['missing MAC', 'CVE-2016-2107'],
  ['empty', 'CVE-2019-1559'],
]

class Oracles {
  readonly #address: TlsAddress
  readonly #offer: OldOffer
  readonly #signal: AbortSignal
  #silenceMs = SILENCE_MS

  constructor(address: TlsAddress, offer: OldOffer, signal: AbortSignal) {
    this.#address = address
    this.#offer = offer
    this.#signal = signal
  }

  async padding(suites: readonly number[]): Promise<OracleAnswers['padding']> {
    const good = await this.#reactTo(suites, wellMade)
    const rounds: (readonly (string | undefined)[])[] = []
    while (rounds.length < ROUNDS) {
      const round = await Promise.all(
        Object.values(badRecords).map((spoil) => this.#reactTo(suites, spoil)),
      )
      rounds.push(round)
      if (new Set(round).size === 1 && rounds.length === 1) break // all alike: nothing is told
    }
    return judged(good, rounds)
  }

  /** The same message, well and badly made in five ways: the server must not tell which. */
  async robot(suites: readonly number[]): Promise<Answer> {
    const rounds = new Map<string, number>()
    for (let turn = 0; turn < ROUNDS_MAX; turn++) {
      const round = await Promise.all(keyMessages.map((make) => this.#reactToKey(suites, make)))
      if (round.some((reaction) => reaction === undefined)) return 'unknown'
      if (new Set(round).size === 1) return 'no'
      const words = round.join(' | ')
      const count = (rounds.get(words) ?? 0) + 1
      if (count === ROUNDS) return 'yes'
      rounds.set(words, count)
    }
    return 'unknown'
  }

  /** A ticket and half a session number: who answers with a whole one has read beyond it. */
  async ticketbleed(suites: readonly number[]): Promise<Answer> {
    const offer = { ...this.#offer, suites }
    using first = await this.#connection({ ...offer, ticket: Buffer.alloc(0) })
    if (!first) return 'unknown'
    if (!first.ticket || first.ticket.length === 0) return 'no'
    const session = randomBytes(16)
    const second = { ...offer, ticket: first.ticket, session }
    const flight = await openFlight(this.#address, second, this.#signal)
    if (!flight) return 'unknown'
    using _ = flight.question
    const { session: answered } = flight
    return answered.length > session.length && answered.subarray(0, 16).equals(session)
      ? 'yes'
      : 'no'
  }

  async reusesField(suites: readonly number[]): Promise<Answer> {
    const numbers = await Promise.all([0, 1].map(() => this.#publicNumber(suites)))
    const [one, other] = numbers
    if (!one || !other) return 'unknown'
    return one.equals(other) ? 'yes' : 'no'
  }

  async renegotiates(suites: readonly number[]): Promise<Answer> {
    if (suites.length === 0) return 'unknown'
    using connection = await this.#connection({ ...this.#offer, suites })
    if (!connection) return 'unknown'
    const { question, write } = connection
    const offer = { ...this.#offer, suites, random: randomBytes(32) }
    const hello = Buffer.from(encodeClientHello(offer).subarray(5))
    question.send(write.seal(contentTypes.handshake, hello, randomBytes(16)))
    await question.until((bytes) => readRecords(bytes).records.length > 0, this.#silenceMs)
    const types = readRecords(question.bytes).records.map(({ type }) => type)
    return types.includes(contentTypes.handshake) ? 'yes' : 'no'
  }

  async #publicNumber(suites: readonly number[]): Promise<Buffer | undefined> {
    const flight = await openFlight(this.#address, { ...this.#offer, suites }, this.#signal)
    if (!flight) return undefined
    using _ = flight.question
    const params = fieldParams(flight)
    return params ? fieldNumbers(params)[2] : undefined
  }

  async #connection(offer: OldOffer): ReturnType<typeof openOldConnection> {
    try {
      return await this.#timed(() => openOldConnection(this.#address, offer, this.#signal))
    } catch (error) {
      this.#signal.throwIfAborted()
      if ((error as NodeJS.ErrnoException).code === 'GRADE_NOT_REACHED') throw error
      return undefined // numbers our library will not compute with
    }
  }

  async #timed<Result>(handshake: () => Promise<Result>): Promise<Result> {
    const sinceMs = performance.now()
    const result = await handshake()
    this.#silenceMs = Math.max(this.#silenceMs, PATIENCE * (performance.now() - sinceMs))
    return result
  }

  /** What follows a record made in this way, in words; undefined when no handshake came about. */
  async #reactTo(suites: readonly number[], spoil: Spoil): Promise<string | undefined> {
    using connection = await this.#connection({ ...this.#offer, suites })
    if (!connection) return undefined
    const { question, write, read } = connection
    // A whole request: a web server that takes it answers at once.
    const content = Buffer.from('GET / HTTP/1.0\r\n\r\n')
    question.send(write.seal(contentTypes.applicationData, content, randomBytes(16), spoil))
    return await reaction(question, read, this.#silenceMs) // before the connection goes
  }

  async #reactToKey(
    suites: readonly number[],
    make: (size: number, version: number) => Buffer,
  ): Promise<string | undefined> {
    const { version } = this.#offer
    const offer = { ...this.#offer, suites }
    const flight = await this.#timed(() => openFlight(this.#address, offer, this.#signal))
    const key = flight && rsaKeyOf(flight)
    if (!flight || !key) return undefined
    using question = flight.question
    const sealed = publicEncrypt(
      { key: key.pem, padding: constants.RSA_NO_PADDING },
      make(key.size, version),
    )
    const size = Buffer.from([sealed.length >> 8, sealed.length & 255])
    const message = encodeMessage(16, Buffer.concat([size, sealed]))
    question.forget()
    question.send(
      Buffer.concat([
        encodeRecord(contentTypes.handshake, version, message),
        encodeRecord(contentTypes.changeCipherSpec, version, Buffer.from([1])),
        encodeRecord(contentTypes.handshake, version, randomBytes(64)),
      ]),
    )
    return await reaction(question, undefined, this.#silenceMs)
  }
}

/** Bleichenbacher's question in five forms; the first is as it should be. */
const keyMessages: readonly ((size: number, version: number) => Buffer)[] = [
  (size, version) => padded(size, [version >> 8, version & 255]),
  (size, version) => padded(size, [version >> 8, version & 255], { start: [0x41, 0x17] }),
  (size, version) => padded(size, [version >> 8, version & 255], { zeroAt: 10 }),
  (size, version) => padded(size, [version >> 8, version & 255], { separator: 0x11 }),
  (size) => padded(size, [0x02, 0x02]),
]

function padded(
  size: number,
  version: readonly number[],
  wrong: { readonly start?: number[]; readonly zeroAt?: number; readonly separator?: number } = {},
): Buffer {
  const block = Buffer.from(randomBytes(size).map((byte) => byte | 1)) // no zero but ours
  block.set(wrong.start ?? [0, 2], 0)
  if (wrong.start) block[0] = 0 // below the modulus, yet not of type 2
  block[size - 49] = wrong.separator ?? 0
  if (wrong.zeroAt !== undefined) block[wrong.zeroAt] = 0
  block.set(version, size - 48)
  return block
}

/** What comes: an answer, its end, or nothing at all. */
async function reaction(
  question: Question,
  read: RecordCipher | undefined,
  silenceMs: number,
): Promise<string> {
  await question.until((bytes) => readRecords(bytes).records.length > 0, silenceMs)
  if (!question.ended && question.bytes.length > 0) {
    await question.until(() => question.ended, silenceMs * AFTERWARDS)
  }
  const words = readRecords(question.bytes).records.map(({ type, body }) => {
    const content = read ? read.open(type, body) : body
    if (type !== contentTypes.alert) return `record ${type}`
    return `alert ${content?.[1] ?? 'unreadable'}`
  })
  return [...words, question.ended ? 'closed' : 'open'].join(', ')
}

/** How a record with content is written down. */
const ANSWER = `record ${contentTypes.applicationData}`

function judged(
  good: string | undefined,
  rounds: readonly (readonly (string | undefined)[])[],
): OracleAnswers['padding'] {
  const names = Object.keys(badRecords)
  const at = (round: readonly (string | undefined)[], name: string): string | undefined =>
    round[names.indexOf(name)]
  const [first] = rounds
  // A server that closes whatever comes lets nothing be seen, and which of its words comes first,
  // farewell or refusal, is chance.
  const isFarewell = good?.includes('closed') === true && !good.includes(ANSWER)
  const isAlike = first?.every((reaction) => reaction === good) === true
  const isBlind = !first || good === undefined || isFarewell || isAlike
  const answers: Partial<Record<PaddingFault, Answer>> = {}
  for (const [name, fault] of namesOf) {
    const differs = rounds.map((round) => at(round, name) !== usual(round))
    const unclear = rounds.some((round) => at(round, name) === undefined)
    if (isBlind || unclear) answers[fault] = 'unknown'
    else answers[fault] = differs.every(Boolean) ? 'yes' : differs.some(Boolean) ? 'unknown' : 'no'
  }
  const taken = rounds.every((round) => at(round, 'invalid padding') === good)
  answers['POODLE-TLS'] = isBlind ? 'unknown' : taken ? 'yes' : 'no'
  if (taken && !isBlind) answers['Zombie POODLE'] = 'no' // it does not look at all
  const overflows = rounds.every((round) =>
    round.some((each) => each?.includes(`alert ${RECORD_OVERFLOW}`)),
  )
  if (overflows && !isBlind) answers['CVE-2016-2107'] = 'yes'
  return answers
}

/** What most bad records are answered with. */
function usual(round: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>()
  for (const each of round) counts.set(each, (counts.get(each) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0]
}

function flipped(mac: Buffer): Buffer {
  const other = Buffer.from(mac)
  other[0] = (other[0] ?? 0) ^ 0x80
  return other
}
