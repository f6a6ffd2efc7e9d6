/**
 * What `bench/mail.ts` hands mail to: our gateway with its database, and Postfix that signs with
 * OpenDKIM. Both accept over TLS, both sign with RSA-2048, both deliver to the same sink.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DOMAIN, mailPool, mailTls, PASSWORD } from '#kit/mail-gateway.ts'
import type { ProcessInput } from '#kit/mail-gateway-process.ts'
import { freePort } from '#kit/ports.ts'
import { startPostgres } from '#kit/postgres.ts'
import { cpuSecondsOfServer } from './bench.ts'
import { untilListening } from './peers.ts'

export type MailSubject = {
  readonly name: string
  readonly port: number
  /** Whether it asks for a name and password beside TLS. */
  readonly asksLogin: boolean
  readonly cpuSeconds: () => number
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const dkimPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** Takes every mail at once, and counts. */
export class Sink implements AsyncDisposable {
  taken = 0
  /** Signed ones among them. */
  signed = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
    socket.write('220 sink\r\n')
    let rest = ''
    let inData = false
    socket.on('data', (bytes: Buffer) => {
      rest += bytes.toString('latin1')
      let answers = ''
      for (;;) {
        const mark = inData ? '\r\n.\r\n' : '\r\n'
        const end = rest.indexOf(mark)
        if (end < 0) break
        const piece = rest.slice(0, end)
        rest = rest.slice(end + mark.length)
        if (inData) {
          inData = false
          this.taken++
          if (/^DKIM-Signature:/m.test(piece)) this.signed++
          answers += '250 taken\r\n'
        } else if (/^DATA/i.test(piece)) {
          inData = true
          answers += '354 go\r\n'
        } else if (/^EHLO/i.test(piece)) answers += '250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n'
        else if (/^QUIT/i.test(piece)) answers += '221 bye\r\n'
        else answers += '250 ok\r\n'
      }
      if (answers !== '') socket.write(answers)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Our gateway in a process of its own, with the trail of a ring and a PostgreSQL that syncs. */
export async function startOurs(
  stack: AsyncDisposableStack,
  folder: string,
  sinkPort: number,
): Promise<MailSubject> {
  const server = stack.use(await startPostgres({ max_connections: '40', shared_buffers: '64MB' }))
  const pool = await mailPool(server)
  await pool.end()
  const input: ProcessInput = {
    connection: { ...server.connection, user: 'mail-gateway', password: PASSWORD } as never,
    receiverPort: sinkPort,
    httpSocket: join(folder, 'http.sock'),
    password: PASSWORD,
    domain: DOMAIN,
    dkimPem,
    auditFolder: join(folder, 'audit'),
    config: { perDomain: 20, clientsMax: 200 },
    ...mailTls,
  }
  const program = fileURLToPath(new URL('../../test/kit/mail-gateway-process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stack.defer(() => ended(child, 'SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const [ours, database] = [child.pid ?? 0, server.cluster.pid]
  return {
    name: 'veilig',
    port: Number(line.toString()),
    asksLogin: true,
    cpuSeconds: () => cpuSecondsOfServer(ours) + cpuSecondsOfServer(database),
  }
}

/** Postfix as its documentation sets up a relay, with OpenDKIM as its milter. */
export async function startPostfix(
  stack: AsyncDisposableStack,
  folder: string,
  sinkPort: number,
): Promise<MailSubject> {
  const place = join(folder, 'postfix')
  const config = join(place, 'etc')
  await chmod(folder, 0o755)
  for (const part of ['etc', 'queue', 'data']) await mkdir(join(place, part), { recursive: true })
  const [port, milterPort] = [await freePort(), await freePort()]
  await writeFile(join(place, 'dkim.pem'), dkimPem, { mode: 0o600 })
  const dkim = [
    'Mode s',
    `Domain ${DOMAIN}`,
    'Selector r1',
    `KeyFile ${join(place, 'dkim.pem')}`,
    'Canonicalization relaxed/relaxed',
    `Socket inet:${milterPort}@127.0.0.1`,
    'InternalHosts 127.0.0.0/8',
    'Syslog no',
    'Background no',
    'RequireSafeKeys no',
    `PidFile ${join(place, 'opendkim.pid')}`,
    '',
  ]
  await writeFile(join(place, 'opendkim.conf'), dkim.join('\n'))
  const milter = spawn('/usr/sbin/opendkim', ['-f', '-x', join(place, 'opendkim.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  stack.defer(() => ended(milter, 'SIGTERM'))
  await untilListening(milterPort)
  await writeFile(join(config, 'tls.pem'), mailTls.keyPem + mailTls.certificatePem)
  const main = [
    'compatibility_level = 3.6',
    `queue_directory = ${join(place, 'queue')}`,
    `data_directory = ${join(place, 'data')}`,
    'command_directory = /usr/sbin',
    'daemon_directory = /usr/lib/postfix/sbin',
    'mail_owner = postfix',
    'setgid_group = postdrop',
    `myhostname = mail.${DOMAIN}`,
    'mydestination =',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = ipv4',
    `maillog_file = ${join(place, 'log')}`,
    `maillog_file_prefixes = ${place}`,
    'mynetworks = 127.0.0.0/8',
    `relayhost = [127.0.0.1]:${sinkPort}`,
    `smtpd_milters = inet:127.0.0.1:${milterPort}`,
    'milter_default_action = tempfail',
    'smtpd_tls_security_level = encrypt',
    `smtpd_tls_chain_files = ${join(config, 'tls.pem')}`,
    'smtpd_client_connection_count_limit = 0',
    'smtp_connection_cache_on_demand = yes',
    `smtp_connection_cache_destinations = [127.0.0.1]:${sinkPort}`,
    'default_destination_concurrency_limit = 20',
    'initial_destination_concurrency = 20',
    '',
  ]
  await writeFile(join(config, 'main.cf'), main.join('\n'))
  const daemons = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'smtp unix - - n - - smtp',
    'relay unix - - n - - smtp',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'proxymap unix - - n - - proxymap',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'postlog unix-dgram n - n - 1 postlogd',
    '',
  ]
  await writeFile(join(config, 'master.cf'), daemons.join('\n'))
  spawnSync('chown', ['postfix', join(place, 'data')])
  const postfix = (word: string): void => void spawnSync('/usr/sbin/postfix', ['-c', config, word])
  postfix('start')
  stack.defer(() => postfix('stop'))
  await untilListening(port)
  const master = Number(await readFile(join(place, 'queue', 'pid', 'master.pid'), 'utf8'))
  return {
    name: 'postfix+opendkim',
    port,
    asksLogin: false,
    cpuSeconds: () => cpuSecondsOfServer(master) + cpuSecondsOfServer(milter.pid ?? 0),
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
