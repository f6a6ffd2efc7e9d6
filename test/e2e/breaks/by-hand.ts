/** Breaks that take more than a setting: by somebody with every right on the machine. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer, request, type IncomingMessage } from 'node:http'
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { policyFields } from '#kit/policy-fields.ts'
import type { Break } from './break.ts'
import { advisories, commit, git, INTERNAL_PORT_OFFSET, type WholeRing } from './whole-ring.ts'

/** Before the shift; src/cli/ports.ts. */
const PLAIN_PORT = 8080
const APPLICATION_PORT = 8300

const REGIONS = ['region-a', 'region-b']

/** Objects of a folder of a region, oldest first. */
function objects(ring: WholeRing, region: string, folder: string): string[] {
  const base = join(ring.data, 'regions', region, folder)
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

/** A copy that is readable, in both regions: what a backup that forgot to encrypt would leave. */
export const plainObject: Break = {
  how: 'a readable file lies among the copies',
  break: (ring) => {
    const files = REGIONS.map((region) => {
      const [first = ''] = objects(ring, region, 'backups')
      return join(dirname(first), 'pack-77777777')
    })
    for (const file of files)
      writeFileSync(file, 'a row of a table, as PostgreSQL writes it. '.repeat(900))
    return Promise.resolve(() => files.forEach((file) => rmSync(file)))
  },
}

/** One object taken away from one region. */
export const missingCopy: Break = {
  how: 'a copy is gone from one region',
  break: (ring) => {
    const file = objects(ring, 'region-b', 'backups')[0] ?? ''
    return Promise.resolve(taken(ring, [file]))
  },
}

/** @returns What puts them back. */
function taken(ring: WholeRing, files: readonly string[]): () => void {
  const kept = join(ring.folder, 'taken')
  mkdirSync(kept, { recursive: true })
  files.forEach((file, at) => renameSync(file, join(kept, String(at))))
  return () => files.forEach((file, at) => renameSync(join(kept, String(at)), file))
}

/** One byte of every stored piece of every backup, in every region, is another. */
function damaged(ring: WholeRing): () => void {
  const files = REGIONS.flatMap((region) => objects(ring, region, 'backups'))
  const flip = (): void => {
    for (const file of files) {
      const bytes = readFileSync(file)
      bytes[Math.floor(bytes.length / 2)]! ^= 1
      writeFileSync(file, bytes)
    }
  }
  flip()
  return flip
}

/** Backups that cannot be restored, and a drill that tries. */
export const damagedAndDrilled: Break = {
  how: 'every backup is damaged, and a drill tries to restore one',
  break: async (ring) => {
    const mend = damaged(ring)
    await ring.command('backup', 'drill').catch(() => undefined) // it says that it failed
    return async () => {
      mend()
      await ring.command('backup', 'drill')
    }
  },
}

/** A receipt that nobody signed: whoever can write into a region would like to vouch for it. */
export const forgedReceipt: Break = {
  how: 'a receipt is forged',
  also: ['backup.pitr', 'backup.georedundant'],
  break: (ring) => {
    const file = join(ring.data, 'regions/region-a/receipts/20991231t235959999z-verify')
    writeFileSync(file, JSON.stringify({ kind: 'verify', passed: true }))
    return Promise.resolve(() => rmSync(file))
  },
}

/** A record of the SQL gateway's book altered, as root could. */
export const alteredRecord: Break = {
  how: 'a record of the audit book says something else',
  break: (ring) => {
    const book = join(ring.data, 'audit/sql-gateway')
    const segments = readdirSync(book)
      .map((name) => join(book, name))
      .filter((file) => statSync(file).isFile())
    const file = segments.find((one) => readFileSync(one).includes('veilig-canary-')) ?? ''
    const at = readFileSync(file).indexOf('veilig-canary-')
    const write = (text: string): void => {
      const opened = openSync(file, 'r+')
      const before = Buffer.alloc(text.length)
      readSync(opened, before, 0, text.length, at)
      writeSync(opened, text, at)
      closeSync(opened)
    }
    write('veilig-forgery')
    return Promise.resolve(() => write('veilig-canary-'))
  },
}

/** A breach known for thirty hours of which nobody told the customer. */
export const overdueNotice: Break = {
  how: 'a breach is known for thirty hours and its customer is not told',
  break: async (ring) => {
    const aware = new Date(Date.now() - 30 * 3_600_000).toISOString()
    await ring.command(
      'incident',
      'breach',
      '--aware',
      aware,
      '--tenants',
      'zuiderpark',
      '--categories',
      'contact',
    )
    return async () => {
      const { breaches } = JSON.parse(await ring.command('incident', 'list', '--json')) as {
        breaches: { id: string }[]
      }
      const id = breaches.at(-1)?.id ?? ''
      await ring.command('incident', 'notice', id, '--to', 'tenant:zuiderpark', '--sent', 'letter')
    }
  },
}

/** Something of the company's that answers whoever asks from outside. */
export const listening: Break = {
  how: 'an internal system answers from outside',
  break: async (ring) => {
    const server = createTcp((socket) => socket.on('error', () => undefined).end())
    await once(server.listen(ring.portBase + INTERNAL_PORT_OFFSET, '127.0.0.1'), 'listening')
    return () => void server.close()
  },
}

/** Of a token of GitHub, after its prefix. */
const KEY_LENGTH = 36

/** A key in the source. It is made here, so that it stands in no source of ours. */
export const secretInSource: Break = {
  how: 'a key stands in the source',
  break: (ring) => {
    const folder = join(ring.folder, 'source')
    const key = randomBytes(60).toString('base64').replaceAll(/[+/=]/g, '').slice(0, KEY_LENGTH)
    writeFileSync(join(folder, 'deploy.sh'), `export TOKEN='ghp_${key}'\n`)
    commit(folder)
    return Promise.resolve(() => git(folder, 'reset', '--hard', '--quiet', 'HEAD~1'))
  },
}

/** A known weakness of something that runs here, long past its time. */
export function vulnerability(version: string): Break {
  return {
    how: 'a known weakness is past its time',
    break: (ring) => {
      const file = join(ring.folder, 'advisories.json')
      writeFileSync(file, advisories(version))
      return Promise.resolve(() => writeFileSync(file, advisories('1.0.0')))
    },
  }
}

/** A password that nobody changed for longer than was promised. */
export const oldSecret: Break = {
  how: 'a password is older than sixty days',
  break: (ring) => {
    const file = join(ring.data, 'secrets/prober/staff-password')
    const { mtime } = statSync(file)
    const old = new Date(Date.now() - 61 * 86_400_000)
    utimesSync(file, old, old)
    return Promise.resolve(() => utimesSync(file, mtime, mtime))
  },
}

/** Answers requests on a port of the ring, as somebody who took its place. */
async function answering(
  port: number,
  answer: (incoming: IncomingMessage) => Readonly<Record<string, string>>,
): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    outgoing.writeHead(200, answer(incoming)).end('members: Lotte, Jonas')
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return server
}

/** Without our redirect somebody answers in the clear. With all fields, so that only that is wrong. */
export const plainContent: Break = {
  how: 'a plain request is answered with content',
  also: ['headers.grade', 'status.public'],
  break: async (ring) => {
    await ring.configure('webGateway', { redirect: false }, 'web-gateway')
    const fields = { 'content-type': 'text/html', ...policyFields }
    const server = await answering(PLAIN_PORT + ring.portBase, () => fields)
    return async () => {
      server.close()
      await ring.configure('webGateway', { redirect: undefined }, 'web-gateway')
    }
  },
}

/** What the application says with an answer, as somebody who stands before it changes it. */
type Fields = IncomingMessage['headers']

/** Somebody stands between the application and the gateway, and changes what it says. */
function between(
  how: string,
  also: readonly string[],
  change: (fields: Fields) => Fields,
  webGateway: Readonly<Record<string, unknown>> = {},
): Break {
  return {
    how,
    also: ['status.public', ...also],
    break: async (ring) => {
      const server = createServer((incoming, outgoing) => {
        const { method, url: path, headers } = incoming
        const port = APPLICATION_PORT + ring.portBase
        const where = { host: '127.0.0.1', port, method, path, headers, agent: false }
        const call = request(where, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, change(answer.headers))
          answer.pipe(outgoing)
        })
        call.on('error', () => outgoing.destroy())
        incoming.pipe(call)
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address() as AddressInfo
      const settings = { hosts: hostsWith(`http://127.0.0.1:${port}`), ...webGateway }
      await ring.configure('webGateway', settings, 'web-gateway')
      return async () => {
        const back = Object.fromEntries(Object.keys(settings).map((key) => [key, undefined]))
        await ring.configure('webGateway', back, 'web-gateway')
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

/** The ring's own hosts, the application elsewhere. */
function hostsWith(application: string): Readonly<Record<string, string>> {
  const own = ['trust', 'status', 'console', 'mailbox'].map((name) => [`${name}.localhost`, name])
  return {
    localhost: application,
    ...Object.fromEntries(own),
    'mail.localhost': 'mail-gateway',
    'pay.localhost': 'payments',
    'paypal-twin.localhost': 'payment-twins',
    'paybox-twin.localhost': 'payment-twins',
  }
}

/** All as it was, but for the application's policy. */
export const weakPolicy: Break = between(
  'the application’s policy lets inline scripts in',
  [],
  (fields) => ({
    ...fields,
    'content-security-policy': "default-src * 'unsafe-inline' 'unsafe-eval'",
  }),
)

/** The application forgets to protect its cookie, and the gateway is told to let it be. */
export const bareCookie: Break = between(
  'the session’s cookie leaves without HttpOnly',
  [],
  (fields) => {
    const lines = fields['set-cookie']?.map((line) => line.replace(/;\s*HttpOnly/i, ''))
    return lines ? { ...fields, 'set-cookie': lines } : fields
  },
  { cookies: { readByScripts: ['__Host-session'] } },
)

/** Who counts no longer leaves it to the application, whose own count ends a while after ours begins. */
export const uncountedLogins: Break = {
  how: 'nobody counts wrong passwords',
  also: ['status.public'],
  break: async (ring) => {
    await ring.configure('webGateway', { loginGuard: [] }, 'web-gateway')
    return async () => {
      await ring.configure('webGateway', { loginGuard: undefined }, 'web-gateway')
      // The application saw every guess and lets nobody in for a quarter of an hour: its own word.
      await ring.sql('protected', 'reservations', 'delete from login_failures')
    }
  },
}
