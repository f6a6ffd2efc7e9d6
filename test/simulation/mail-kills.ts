/**
 * The mail gateway killed with -9 at every moment of a mail's life, one moment after the other.
 *
 * First each life is watched whole, so that its moments are known by name. Then it is lived again,
 * with another mail, until the moment where the process ends; the next process must bring to its
 * end all that was accepted. What may come twice is only what a receiver had and had not said so.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { eventually } from '#kit/eventually.ts'
import {
  DOMAIN,
  dkimKeys,
  mailAuthority,
  mailPool,
  mailTls,
  PASSWORD,
  RawSmtp,
  TestReceiver,
} from '#kit/mail-gateway.ts'
import type { ProcessInput } from '#kit/mail-gateway-process.ts'
import type { Moment, StepAnswer, StepOrder } from '#kit/mail-steps.ts'
import { startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'

/** Ways to live: what the receiver says to the first and to every later attempt, and the door. */
const lives = {
  'at once': { says: [250], readers: 1, door: 'SMTP' },
  'tried again': { says: [451, 250], readers: 1, door: 'SMTP' },
  refused: { says: [550], readers: 1, door: 'SMTP' },
  'two readers': { says: [250], readers: 2, door: 'SMTP' },
  'by HTTPS, asked again': { says: [250], readers: 1, door: 'HTTPS' },
} as const
export type Life = keyof typeof lives

export type Kill = { readonly life: Life; readonly moment: Moment }

export type MailCampaign = {
  readonly seed: number
  /** How many of all moments, dealt evenly over them; all when undefined. */
  readonly kills?: number | undefined
}

export type MailFate = {
  /** Moments that there are. */
  readonly moments: number
  readonly killed: number
  /** Moments that did not come this time: what waits beside the mail has an order of its own. */
  readonly missed: readonly string[]
  readonly accepted: number
  /** By life and moment: what came twice. */
  readonly twice: readonly string[]
}

/**
 * Between these the receiver has the mail, or may have it, and the queue does not know. RFC 5321
 * §4.5.3.2.6 and RFC 1047: no sender can tell.
 */
const unknowable: ReadonlySet<string> = new Set([
  'said: the message',
  'heard: 250 to the message',
  'heeded: 250 to the message',
  'before: write its end',
  'asked: write its end',
])
/** Of one name the moments past this are the same again. */
const NTH_MAX = 3
const HOUR_MS = 3_600_000
const PROBER_MS = 30_000

/** @throws {AssertionError} When a mail is lost, or twice where it may not be; names the moment. */
export async function fightMail({ seed, kills }: MailCampaign): Promise<MailFate> {
  await using world = await World.open()
  const all: Kill[] = []
  for (const life of Object.keys(lives) as Life[])
    for (const moment of await world.momentsOf(life)) all.push({ life, moment })
  const chosen = dealt(all, kills ?? all.length, mulberry32(seed))
  for (const kill of chosen) await world.kill(kill)
  await world.settle()
  const { killed, missed, accepted, twice } = world
  return { moments: all.length, killed, missed, accepted, twice }
}

/** So many of them, evenly, beginning anywhere within the first step. */
function dealt<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  const step = Math.max(1, all.length / count)
  const begin = random() * step
  const places = Array.from({ length: Math.min(count, all.length) }, (_, at) => begin + at * step)
  return places.flatMap((place) => all.slice(Math.floor(place), Math.floor(place) + 1))
}

const program = fileURLToPath(new URL('../kit/mail-gateway-process.ts', import.meta.url))
const node = fileURLToPath(new URL('../../bin/node', import.meta.url))

type Running = {
  readonly child: ChildProcess
  readonly closed: Promise<unknown>
  readonly port: number
  readonly apiPort: number
}

/** One mail and what is known of it. */
type Lived = {
  readonly serial: number
  readonly life: Life
  readonly to: readonly string[]
  readonly moment: Moment | undefined
  accepted: boolean
}

class World implements AsyncDisposable {
  killed = 0
  readonly missed: string[] = []
  accepted = 0
  readonly twice: string[] = []
  readonly #stack: AsyncDisposableStack
  readonly #pool: pg.Pool
  readonly #receiver: TestReceiver
  readonly #input: ProcessInput
  #running: Running | undefined
  #serial = 0
  #shiftMs = 0
  readonly #unsettled: Lived[] = []

  private constructor(
    stack: AsyncDisposableStack,
    pool: pg.Pool,
    receiver: TestReceiver,
    input: ProcessInput,
  ) {
    this.#stack = stack
    this.#pool = pool
    this.#receiver = receiver
    this.#input = input
    const tries = new Map<string, number>()
    receiver.answer = (to) => {
      const nth = tries.get(to) ?? 0
      tries.set(to, nth + 1)
      const { says } = lives[lifeOf(to)]
      return says[Math.min(nth, says.length - 1)] ?? 250
    }
  }

  static async open(): Promise<World> {
    await using stack = new AsyncDisposableStack()
    const server = stack.use(await startPostgres())
    const pool = await mailPool(server)
    stack.defer(() => pool.end())
    const receiver = stack.use(new TestReceiver())
    const folder = await temporaryFolder('mail-kills')
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const login = { user: 'mail-gateway', password: PASSWORD }
    const input: ProcessInput = {
      connection: { ...server.connection, ...login } as ProcessInput['connection'],
      receiverPort: await receiver.listen(),
      httpSocket: join(folder, 'http.sock'),
      auditFolder: join(folder, 'audit'),
      password: PASSWORD,
      domain: DOMAIN,
      dkimPem: String(dkimKeys[1]?.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      config: { api: { port: 0 } },
      ...mailTls,
    }
    return new World(stack.move(), pool, receiver, input)
  }

  /** Lives it once whole. */
  async momentsOf(life: Life): Promise<readonly Moment[]> {
    const running = await this.#alive()
    const { lived } = await this.#live(running, life, undefined)
    await this.#ended(running, lived)
    const told = answerOf(running, 'moments')
    order(running, { order: 'tell' })
    const { moments } = await told
    return moments.filter(({ nth }) => nth <= NTH_MAX)
  }

  async kill({ life, moment }: Kill): Promise<void> {
    const running = await this.#alive()
    const { lived, client } = await this.#live(running, life, moment)
    const ended = this.#ended(running, lived).catch((error: unknown) => {
      if (running.child.signalCode === null) throw error
    })
    await Promise.race([running.closed, ended])
    const dead = await isDead(running)
    client?.close()
    if (dead) this.#running = undefined
    if (dead) this.killed++
    else this.missed.push(nameOf(lived))
    this.#unsettled.push(lived)
  }

  /** Nothing waits any more; holds what came against what was promised. */
  async settle(): Promise<void> {
    const running = await this.#alive()
    for (const lived of this.#unsettled.splice(0)) {
      if (lives[lived.life].door === 'HTTPS') lived.accepted = await this.#repeated(running, lived)
      await this.#check(running, lived)
    }
  }

  /** A process that has brought to its end what others left. */
  async #alive(): Promise<Running> {
    if (this.#running) return this.#running
    this.#shiftMs += HOUR_MS
    this.#running = await start({ ...this.#input, shiftMs: this.#shiftMs })
    await this.settle()
    return this.#running
  }

  async #live(
    running: Running,
    life: Life,
    fatal: Moment | undefined,
  ): Promise<{ lived: Lived; client: RawSmtp | undefined }> {
    const serial = ++this.#serial
    const { readers, door } = lives[life]
    const to = Array.from({ length: readers }, (_, at) => addressOf(life, serial, at))
    const lived: Lived = { serial, life, to, moment: fatal, accepted: false }
    const client = door === 'SMTP' ? await RawSmtp.ready(running.port) : undefined
    const begun = answerOf(running, 'begun')
    order(running, { order: 'begin', fatal })
    await begun
    lived.accepted = client ? await handIn(client, lived) : await post(running, lived)
    return { lived, client }
  }

  /** An answer that was lost is asked for again with the same key. */
  async #repeated(running: Running, lived: Lived): Promise<boolean> {
    return eventually('the answer to a request', async () =>
      (await post(running, lived)) ? true : undefined,
    )
  }

  /** Until no delivery of it waits; the clock goes forward to where it is tried again. */
  async #ended(running: Running, { serial }: Lived): Promise<void> {
    await eventually(`the end of mail ${serial}`, async () => {
      const { rows } = await this.#pool.query<{ state: string; waits: boolean }>(
        `select state, claimed_by is null as waits from delivery
         join message on message.id = message_id where tenant = $1`,
        [tenantOf(serial)],
      )
      if (rows.some(({ state, waits }) => state === 'queued' && waits)) {
        this.#shiftMs += PROBER_MS
        order(running, { order: 'shift', ms: this.#shiftMs })
      }
      return rows.every(({ state }) => state !== 'queued') || undefined
    })
  }

  async #check(running: Running, lived: Lived): Promise<void> {
    await this.#ended(running, lived)
    const { serial, life, to, moment, accepted } = lived
    const at = nameOf(lived)
    const { rows } = await this.#pool.query<{ state: string }>(
      'select state from delivery join message on message.id = message_id where tenant = $1',
      [tenantOf(serial)],
    )
    if (accepted) assert.equal(rows.length, to.length, `accepted and not kept: ${at}`)
    if (accepted) this.accepted++
    const wanted = life === 'refused' ? 'refused' : 'delivered'
    for (const { state } of rows) assert.equal(state, wanted, at)
    for (const reader of to) {
      const came = this.#receiver.mails.filter((mail) => mail.to.includes(reader)).length
      if (rows.length > 0 && life !== 'refused') assert(came > 0, `accepted and lost: ${at}`)
      assert(came <= 2, `${came} times: ${at}`)
      if (came < 2) continue
      // Of two readers one may have it while the other's life goes on.
      const isOther = life === 'two readers'
      assert(moment && (isOther || unknowable.has(moment.name)), `twice without need: ${at}`)
      this.twice.push(at)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running?.child.kill('SIGKILL')
    await this.#running?.closed
    await this.#stack.disposeAsync()
  }
}

/** Once the mail has its end: whether the process has met its own, or goes on and will not. */
async function isDead({ child, closed }: Running): Promise<boolean> {
  const spared = answerOf({ child }, 'begun').then(
    () => false,
    () => true,
  )
  order({ child }, { order: 'begin', fatal: undefined })
  const dead = await Promise.race([spared, closed.then(() => true)])
  if (dead) await closed
  return dead
}

async function start(input: ProcessInput): Promise<Running> {
  const child = spawn(node, [program, JSON.stringify(input)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const closed = once(child, 'close')
  const { ready } = await answerOf({ child }, 'ready')
  return { child, closed, port: ready.port, apiPort: ready.apiPort ?? 0 }
}

/** The next answer of this kind. Rejects when the process is gone. */
async function answerOf<K extends 'ready' | 'begun' | 'moments'>(
  { child }: Pick<Running, 'child'>,
  kind: K,
): Promise<Extract<StepAnswer, Record<K, unknown>>> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the gateway is gone'))
    if (!child.connected) return gone()
    const hear = (answer: StepAnswer): void => {
      if (!(kind in answer)) return
      child.off('message', hear).off('close', gone)
      resolve(answer as Extract<StepAnswer, Record<K, unknown>>)
    }
    child.on('message', hear).once('close', gone)
  })
}

/** What a process that is gone does not hear is no fault of the one who speaks. */
function order({ child }: Pick<Running, 'child'>, said: StepOrder): void {
  if (child.connected) child.send(said, () => undefined)
}

/** @returns Whether it was accepted. */
async function handIn(client: RawSmtp, { serial, to }: Lived): Promise<boolean> {
  const replies = [await client.say(`MAIL FROM:<no-reply@${DOMAIN}>`)]
  for (const reader of to) replies.push(await client.say(`RCPT TO:<${reader}>`))
  replies.push(await client.say('DATA'))
  if (replies.includes('closed')) return false
  client.write(`From: a@${DOMAIN}\r\nX-Veilig-Tenant: ${tenantOf(serial)}\r\n\r\nhello\r\n.\r\n`)
  return (await client.reply()).startsWith('250')
}

/** @returns Whether it was accepted, now or earlier. */
function post({ apiPort }: Running, { serial, to }: Lived): Promise<boolean> {
  const login = Buffer.from(`application:${PASSWORD}`).toString('base64')
  const mail = { from: `a@${DOMAIN}`, to, tenant: tenantOf(serial), subject: 'x', text: 'hello' }
  return new Promise((resolve) => {
    const asked = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port: apiPort,
        path: '/v1/messages',
        method: 'POST',
        ca: mailAuthority,
        agent: false,
        headers: { authorization: `Basic ${login}`, 'idempotency-key': `mail-${serial}` },
      },
      (response) => {
        response.resume()
        resolve((response.statusCode ?? 500) < 300)
      },
    )
    asked.on('error', () => resolve(false))
    asked.end(JSON.stringify(mail))
  })
}

function nameOf({ life, moment }: Lived): string {
  return moment ? `${life}; ${moment.name} (${moment.nth})` : life
}

function tenantOf(serial: number): string {
  return `mail-${serial}`
}

const names = Object.keys(lives) as Life[]

/** The life stands in the address, so that the receiver knows what to say. */
function addressOf(life: Life, serial: number, reader: number): string {
  return `life${names.indexOf(life)}-${serial}-${reader}@club${(serial + reader) % 50}.example`
}

function lifeOf(address: string): Life {
  return names[Number(/^life(\d)/.exec(address)?.[1])] ?? 'at once'
}
