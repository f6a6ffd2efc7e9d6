/**
 * A small town of mail companies, each in a network namespace of its own: bind9 as its DNS (signed,
 * and a resolver that checks), one Postfix with OpenDKIM and OpenDMARC, one with rspamd. Needs root
 * and Debian's packages.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zoneLine, type DnsRecord } from '#protocol/dns/mail-records.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import { systemClock } from '#system/clock.ts'
import { eventually } from './eventually.ts'
import { mainConfig, masterConfig, opendkimConfig } from './postfix.ts'
import { temporaryFolder } from './postgres.ts'

const PROGRAMS = [
  '/usr/sbin/postfix',
  '/usr/sbin/opendkim',
  '/usr/sbin/opendmarc',
  '/usr/sbin/named',
  '/usr/bin/dnssec-signzone',
  '/usr/bin/rspamd',
  '/usr/bin/dkim-verify',
]
const MILTER_PORT = 8891
const DMARC_PORT = 8893
const RSPAMD_PORT = 11332

export type TownCompany = {
  readonly domain: string
  readonly certificate: CertificateAndKey
  /** Mails in the mailbox of a person once there are so many, oldest first. */
  arrived(user: string, count: number): Promise<readonly string[]>
  /** How many mails its judges have put in quarantine, before anybody reads them. */
  held(): Promise<number>
}

export type MailTown = AsyncDisposable & {
  /** Where we ourselves stand in it; mail comes from there. */
  readonly ourAddress: string
  /** A resolver that checks signatures. */
  readonly resolver: string
  /** With OpenDKIM and OpenDMARC, which holds what fails; then with rspamd, which marks it. */
  readonly companies: readonly [TownCompany, TownCompany]
}

export function requireTown(): void {
  for (const program of PROGRAMS) assert(existsSync(program), `${program} is not installed`)
  assert.equal(process.getuid?.(), 0, 'namespaces and Postfix need root')
}

/** Where we stand in a town that is to be started by this process. */
export function townAddress(last: number): string {
  return `10.213.${process.pid % 250}.${last}`
}

/**
 * @param records Of the senders, for the town's DNS.
 * @param tls A certificate for each company, by domain.
 */
export async function startMailTown(
  records: readonly DnsRecord[],
  users: readonly string[],
  tls: Readonly<Record<'a.example' | 'b.example', CertificateAndKey>>,
): Promise<MailTown> {
  requireTown()
  await using started = new AsyncDisposableStack()
  const folder = await temporaryFolder('town')
  started.defer(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755) // each company's daemons run as somebody else
  const town = new Spaces(folder, started)
  const dns = townAddress(53)
  for (const [space, last] of [
    ['dns', 53],
    ['a', 2],
    ['b', 3],
  ] as const)
    await town.space(space, last, dns)
  await startDns(town, folder, records, tls)
  const a = await startCompany(town, folder, 'a', 'a.example', users, tls['a.example'])
  const b = await startCompany(town, folder, 'b', 'b.example', users, tls['b.example'])
  const all = started.move()
  return {
    ourAddress: townAddress(1),
    resolver: dns,
    companies: [a, b],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** The namespaces, on one bridge; what runs in them ends with them. */
class Spaces {
  readonly #tag = `vt${process.pid}`
  readonly #stack: AsyncDisposableStack
  readonly folder: string

  constructor(folder: string, stack: AsyncDisposableStack) {
    this.folder = folder
    this.#stack = stack
    const bridge = `${this.#tag}br`
    ip('link', 'add', bridge, 'type', 'bridge')
    stack.defer(() => ip('link', 'del', bridge))
    ip('addr', 'add', `${townAddress(1)}/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
  }

  async space(name: string, last: number, dns: string): Promise<void> {
    const space = this.#tag + name
    const [outer, inner] = [`${space}o`, `${space}i`]
    ip('netns', 'add', space)
    this.#stack.defer(() => ip('netns', 'del', space))
    ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner)
    ip('link', 'set', inner, 'netns', space)
    ip('link', 'set', outer, 'master', `${this.#tag}br`)
    ip('link', 'set', outer, 'up')
    ip('-n', space, 'addr', 'add', `${townAddress(last)}/24`, 'dev', inner)
    ip('-n', space, 'link', 'set', inner, 'up')
    ip('-n', space, 'link', 'set', 'lo', 'up')
    // `ip netns exec` shows this file in place of the machine's own.
    await mkdir(`/etc/netns/${space}`, { recursive: true })
    this.#stack.defer(() => rm(`/etc/netns/${space}`, { recursive: true, force: true }))
    await writeFile(`/etc/netns/${space}/resolv.conf`, `nameserver ${dns}\n`)
  }

  /** A daemon in a space, until the town ends. */
  run(space: string, program: string, ...args: string[]): void {
    const all = ['netns', 'exec', this.#tag + space, program, ...args]
    const child = spawn('ip', all, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-2000)))
    this.#stack.defer(() => ended(child))
    child.on('exit', (code) => {
      if (code !== null && code !== 0) process.stderr.write(`${program} ended (${code}): ${said}\n`)
    })
  }

  /** A command in a space, to its end; what it printed. */
  ask(space: string, program: string, ...args: string[]): string {
    const all = ['netns', 'exec', this.#tag + space, program, ...args]
    const { stdout, stderr } = spawnSync('ip', all)
    return Buffer.concat([stdout, stderr]).toString('utf8')
  }

  /** Until somebody listens there, seen from within. */
  async listening(space: string, port: number): Promise<void> {
    const form = new RegExp(`:${port}\\s`)
    await eventually(
      `a listener on port ${port} of ${space}`,
      async () => form.test(this.ask(space, 'ss', '-Hltn')) || undefined,
    )
  }

  defer(act: () => void): void {
    this.#stack.defer(act)
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const enough = new AbortController()
  const late = systemClock.sleep(5_000, enough.signal).then(
    () => void child.kill('SIGKILL'),
    () => undefined,
  )
  await exit
  enough.abort()
  await late
}

/** One signed zone, the root itself, and a resolver that trusts its key and no other. */
async function startDns(
  town: Spaces,
  folder: string,
  records: readonly DnsRecord[],
  tls: Readonly<Record<string, CertificateAndKey>>,
): Promise<void> {
  const place = join(folder, 'dns')
  await mkdir(place)
  const companies = Object.entries(tls).flatMap(([domain, { certificatePem }], at) => [
    `${domain}. 60 IN MX 10 mx.${domain}.`,
    `mx.${domain}. 60 IN A ${townAddress(at + 2)}`,
    `_25._tcp.mx.${domain}. 60 IN TLSA 3 1 1 ${publicKeyDigest(certificatePem)}`,
    // A domain whose server shows another certificate than its DNS promises.
    `lying-${domain}. 60 IN MX 10 mx.lying-${domain}.`,
    `mx.lying-${domain}. 60 IN A ${townAddress(at + 2)}`,
    `_25._tcp.mx.lying-${domain}. 60 IN TLSA 3 1 1 ${'ab'.repeat(32)}`,
  ])
  const zone = [
    '$TTL 60',
    '. IN SOA ns. admin.ns. 1 3600 600 86400 60',
    '. IN NS ns.',
    `ns. IN A 127.0.0.1`,
    ...companies,
    ...records.map(zoneLine),
    '',
  ]
  await writeFile(join(place, 'root.zone'), zone.join('\n'))
  const keys = ['-KSK', ''].map((flag) =>
    execFileSync(
      'dnssec-keygen',
      ['-q', '-a', 'ECDSAP256SHA256', ...(flag === '' ? [] : ['-f', 'KSK']), '-n', 'ZONE', '.'],
      { cwd: place },
    )
      .toString()
      .trim(),
  )
  execFileSync('dnssec-signzone', ['-S', '-q', '-o', '.', '-f', 'root.signed', 'root.zone'], {
    cwd: place,
    stdio: 'pipe',
  })
  const key = await readFile(join(place, `${keys[0]}.key`), 'utf8')
  const anchor = /DNSKEY (257 3 13) (.+)/.exec(key)
  assert(anchor?.[2], 'the key of the root')
  const common = (name: string): string =>
    `directory "${place}"; pid-file "${name}.pid"; session-keyfile "${name}.session";
     listen-on-v6 { none; }; allow-query { any; };`
  await writeFile(
    join(place, 'authority.conf'),
    `options { ${common('authority')} listen-on { 127.0.0.1; }; recursion no;
       dnssec-validation no; };
     controls { };
     zone "." { type primary; file "root.signed"; };`,
  )
  await writeFile(join(place, 'root.hints'), '. 3600 IN NS ns.\nns. 3600 IN A 127.0.0.1\n')
  await writeFile(
    join(place, 'resolver.conf'),
    `options { ${common('resolver')} listen-on { ${townAddress(53)}; }; recursion yes;
       allow-recursion { any; }; dnssec-validation yes; qname-minimization off; };
     controls { };
     trust-anchors { . static-key ${anchor[1]} "${anchor[2].replaceAll(' ', '')}"; };
     zone "." { type hint; file "root.hints"; };`,
  )
  execFileSync('chown', ['-R', 'bind:bind', place])
  town.run('dns', '/usr/sbin/named', '-f', '-u', 'bind', '-c', join(place, 'authority.conf'))
  town.run('dns', '/usr/sbin/named', '-f', '-u', 'bind', '-c', join(place, 'resolver.conf'))
  await town.listening('dns', 53)
  await eventually(
    'a checked answer',
    async () =>
      /flags:[^;]* ad/.test(
        town.ask('dns', 'dig', '+dnssec', `@${townAddress(53)}`, 'a.example', 'MX'),
      ) || undefined,
  )
}

function publicKeyDigest(pem: string): string {
  const { publicKey } = new X509Certificate(pem)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex')
}

async function startCompany(
  town: Spaces,
  folder: string,
  space: 'a' | 'b',
  domain: string,
  users: readonly string[],
  certificate: CertificateAndKey,
): Promise<TownCompany> {
  const place = join(folder, space)
  for (const part of ['etc', 'mail', 'queue', 'data'])
    await mkdir(join(place, part), { recursive: true })
  const milters =
    space === 'a' ? await openJudges(town, place, domain) : await openRspamd(town, place)
  const config = join(place, 'etc')
  const main = mainConfig(place, domain, 'all', milters)
  const more = `virtual_mailbox_domains = ${domain}, lying-${domain}\n`
  await writeFile(join(config, 'main.cf'), main.replace(/^virtual_mailbox_domains.*\n/m, more))
  await writeFile(join(config, 'master.cf'), masterConfig('25'))
  const boxes = users.map((user) => `${user}@${domain} ${user}/\n`)
  await writeFile(join(config, 'users'), boxes.join(''))
  await writeFile(join(config, 'tls.pem'), certificate.keyPem + certificate.certificatePem)
  execFileSync('chown', ['5000:5000', join(place, 'mail')])
  execFileSync('chown', ['postfix', join(place, 'data')])
  const said = town.ask(space, '/usr/sbin/postfix', '-c', config, 'start')
  town.defer(() => void town.ask(space, '/usr/sbin/postfix', '-c', config, 'stop'))
  await town.listening(space, 25).catch((error: unknown) => {
    throw new Error(said, { cause: error })
  })
  const inbox = async (user: string): Promise<string[]> => {
    const box = join(place, 'mail', user, 'new')
    const names = await readdir(box).catch((): string[] => [])
    return Promise.all(names.sort().map((name) => readFile(join(box, name), 'latin1')))
  }
  return {
    domain,
    certificate,
    arrived: (user, count) =>
      eventually(`${count} mails for ${user}@${domain}`, async () => {
        const mails = await inbox(user)
        return mails.length >= count ? mails : undefined
      }),
    held: async () => {
      const names = await readdir(join(place, 'queue', 'hold'), { recursive: true })
      return names.filter((name) => /[0-9A-Za-z]{6,}$/.test(name)).length
    },
  }
}

async function openJudges(town: Spaces, place: string, domain: string): Promise<string[]> {
  await writeFile(
    join(place, 'opendkim.conf'),
    opendkimConfig(place, domain, MILTER_PORT, townAddress(53)),
  )
  town.run('a', '/usr/sbin/opendkim', '-f', '-x', join(place, 'opendkim.conf'))
  const rules = [
    `Socket inet:${DMARC_PORT}@127.0.0.1`,
    `AuthservID mx.${domain}`,
    `TrustedAuthservIDs mx.${domain}`,
    'SPFIgnoreResults true',
    'SPFSelfValidate true',
    'HoldQuarantinedMessages true',
    'RejectFailures true',
    'RequiredHeaders false',
    'Syslog false',
    'Background false',
    `PidFile ${join(place, 'opendmarc.pid')}`,
    '',
  ]
  await writeFile(join(place, 'opendmarc.conf'), rules.join('\n'))
  town.run('a', '/usr/sbin/opendmarc', '-f', '-c', join(place, 'opendmarc.conf'))
  await town.listening('a', MILTER_PORT)
  await town.listening('a', DMARC_PORT)
  return [`inet:127.0.0.1:${MILTER_PORT}`, `inet:127.0.0.1:${DMARC_PORT}`]
}

async function openRspamd(town: Spaces, place: string): Promise<string[]> {
  const own = join(place, 'rspamd')
  await mkdir(own)
  // Only what judges: the whole set takes it half a minute to load.
  await mkdir(join(own, 'plugins'))
  for (const name of ['spf', 'dmarc', 'milter_headers'])
    await symlink(`/usr/share/rspamd/plugins/${name}.lua`, join(own, 'plugins', `${name}.lua`))
  const config = `
options { filters = "dkim"; pidfile = "${own}/pid"; tempdir = "${own}";
  local_addrs = ["192.0.2.1/32"];
  dns { nameserver = ["${townAddress(53)}:53"]; timeout = 5s; }
  url_tld = "${own}/suffixes"; }
logging { type = "file"; filename = "${own}/log"; level = "notice"; }
modules { path = "${own}/plugins/"; }
actions { reject = 150; add_header = 6; }
dkim { } spf { }
dmarc { actions = { quarantine = "add_header"; reject = "reject"; } }
milter_headers { use = ["authentication-results"]; skip_local = false; skip_authenticated = false; }
worker "rspamd_proxy" { milter = yes; bind_socket = "127.0.0.1:${RSPAMD_PORT}"; count = 1;
  upstream "local" { default = yes; self_scan = yes; } }
`
  await writeFile(join(own, 'rspamd.conf'), config)
  // The whole list of public suffixes takes it minutes to compile, and the town has only one.
  await writeFile(join(own, 'suffixes'), 'example\ncom\n')
  execFileSync('chown', ['-R', '_rspamd:_rspamd', own])
  const user = ['-u', '_rspamd', '-g', '_rspamd']
  town.run('b', '/usr/bin/rspamd', '-f', ...user, '-c', join(own, 'rspamd.conf'))
  await town.listening('b', RSPAMD_PORT)
  return [`inet:127.0.0.1:${RSPAMD_PORT}`]
}
