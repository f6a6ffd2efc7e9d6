/**
 * A real mail company on this machine: dnsmasq as its DNS, Postfix as its server, OpenDKIM as its
 * judge. Needs root and Debian's packages, so only suites named `*.debian.test.ts` use it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { join } from 'node:path'
import type { DnsRecord } from '#protocol/dns/mail-records.ts'
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import { systemClock } from '#system/clock.ts'
import { temporaryFolder } from './postgres.ts'

/** Where the company's DNS answers, on port 53. */
export const NAMESERVER = '127.0.53.2'
const START_TIMEOUT_MS = 15_000

export type MailCompany = AsyncDisposable & {
  /** Port of its MX on 127.0.0.1. */
  readonly port: number
  /** Mails in the mailbox of a person, oldest first. */
  inbox(user: string): Promise<readonly string[]>
  /** Waits for so many mails in it. */
  arrived(user: string, count: number): Promise<readonly string[]>
}

/** What must be installed; the failing name is the message. */
export function requirePrograms(): void {
  const programs = ['/usr/sbin/postfix', '/usr/sbin/opendkim', '/usr/sbin/dnsmasq']
  for (const program of programs) assert(existsSync(program), `${program} is not installed`)
  assert.equal(process.getuid?.(), 0, 'Postfix starts as root only')
}

/**
 * @param domain Whose mail it receives, for anybody named in `users`.
 * @param records Of the senders; served by its DNS.
 * @param tls Its certificate.
 */
export async function startMailCompany(
  domain: string,
  users: readonly string[],
  records: readonly DnsRecord[],
  tls: CertificateAndKey,
): Promise<MailCompany> {
  requirePrograms()
  const folder = await temporaryFolder('postfix')
  const port = await freePort()
  const milterPort = await freePort()
  const children: ChildProcess[] = []
  const run = (program: string, ...args: string[]): void => {
    children.push(spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] }))
  }

  await writeFile(join(folder, 'dnsmasq.conf'), dnsmasqConfig(domain, records))
  run('/usr/sbin/dnsmasq', '--keep-in-foreground', `--conf-file=${join(folder, 'dnsmasq.conf')}`)
  await writeFile(
    join(folder, 'opendkim.conf'),
    opendkimConfig(folder, domain, milterPort, NAMESERVER),
  )
  run('/usr/sbin/opendkim', '-f', '-x', join(folder, 'opendkim.conf'))
  await untilListening(milterPort)

  const config = join(folder, 'etc')
  await mkdir(config)
  await mkdir(join(folder, 'mail'))
  spawnSync('chown', ['5000:5000', join(folder, 'mail')])
  await writeFile(
    join(config, 'main.cf'),
    mainConfig(folder, domain, '127.0.0.1', [`inet:127.0.0.1:${milterPort}`]),
  )
  await writeFile(join(config, 'master.cf'), masterConfig(`127.0.0.1:${port}`))
  await writeFile(
    join(config, 'users'),
    users.map((user) => `${user}@${domain} ${user}/\n`).join(''),
  )
  await writeFile(join(config, 'tls.pem'), tls.keyPem + tls.certificatePem)
  await mkdir(join(folder, 'queue'))
  await mkdir(join(folder, 'data'))
  spawnSync('chown', ['postfix', join(folder, 'data')])
  const postfix = (word: string): string => {
    const { stdout, stderr } = spawnSync('/usr/sbin/postfix', ['-c', config, word])
    return Buffer.concat([stdout, stderr]).toString('utf8')
  }
  const said = postfix('start')
  await untilListening(port, said)

  const inbox = async (user: string): Promise<readonly string[]> => {
    const box = join(folder, 'mail', user, 'new')
    const names = await readdir(box).catch((): string[] => [])
    return Promise.all(names.sort().map((name) => readFile(join(box, name), 'latin1')))
  }
  return {
    port,
    inbox,
    arrived: async (user, count) => {
      for (;;) {
        const mails = await inbox(user)
        if (mails.length >= count) return mails
        await systemClock.sleep(50)
      }
    },
    [Symbol.asyncDispose]: async () => {
      postfix('stop')
      for (const child of children) child.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function dnsmasqConfig(domain: string, records: readonly DnsRecord[]): string {
  const lines = records.map((record) => {
    if (record.type === 'MX') {
      const [preference, host] = record.value.split(' ')
      return `mx-host=${record.name},${host?.replace(/\.$/, '')},${preference}`
    }
    const strings = record.value.match(/.{1,250}/g) ?? []
    return `txt-record=${record.name},${strings.map((text) => `"${text}"`).join(',')}`
  })
  return [
    'no-resolv',
    'no-hosts',
    'bind-interfaces',
    `listen-address=${NAMESERVER}`,
    'local=/example/',
    'user=root',
    'pid-file=',
    `mx-host=${domain},mx.${domain},10`,
    `host-record=mx.${domain},127.0.0.1`,
    ...lines,
    '',
  ].join('\n')
}

export function opendkimConfig(
  folder: string,
  domain: string,
  port: number,
  nameserver: string,
): string {
  return [
    'Mode v',
    `Socket inet:${port}@127.0.0.1`,
    `Nameservers ${nameserver}`,
    `AuthservID mx.${domain}`,
    'AlwaysAddARHeader yes',
    'Syslog no',
    'Background no',
    'RequireSafeKeys no',
    `PidFile ${join(folder, 'opendkim.pid')}`,
    '',
  ].join('\n')
}

/** @param interfaces On which Postfix listens. @param milters Its judges, in order. */
export function mainConfig(
  folder: string,
  domain: string,
  interfaces: string,
  milters: readonly string[],
): string {
  return [
    'compatibility_level = 3.6',
    `queue_directory = ${join(folder, 'queue')}`,
    `data_directory = ${join(folder, 'data')}`,
    'command_directory = /usr/sbin',
    'daemon_directory = /usr/lib/postfix/sbin',
    'mail_owner = postfix',
    'setgid_group = postdrop',
    `myhostname = mx.${domain}`,
    'mydestination =',
    `inet_interfaces = ${interfaces}`,
    'inet_protocols = ipv4',
    `maillog_file = ${join(folder, 'postfix.log')}`,
    `maillog_file_prefixes = ${folder}`,
    `virtual_mailbox_domains = ${domain}`,
    `virtual_mailbox_maps = texthash:${join(folder, 'etc', 'users')}`,
    `virtual_mailbox_base = ${join(folder, 'mail')}`,
    'virtual_uid_maps = static:5000',
    'virtual_gid_maps = static:5000',
    'virtual_transport = virtual',
    'smtpd_relay_restrictions = reject_unauth_destination',
    `smtpd_milters = ${milters.join(', ')}`,
    'milter_default_action = tempfail',
    `smtpd_tls_chain_files = ${join(folder, 'etc', 'tls.pem')}`,
    'smtpd_tls_security_level = may',
    'smtpd_tls_received_header = yes',
    'smtpd_forbid_bare_newline = yes',
    '',
  ].join('\n')
}

/** @param place `HOST:PORT`, or a port on every interface. */
export function masterConfig(place: string): string {
  return [
    `${place} inet n - n - - smtpd`,
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'virtual unix - n n - - virtual',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'proxymap unix - - n - - proxymap',
    'anvil unix - - n - 1 anvil',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'postlog unix-dgram n - n - 1 postlogd',
    '',
  ].join('\n')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

async function untilListening(port: number, said = ''): Promise<void> {
  const deadline = systemClock.monotonicMs() + START_TIMEOUT_MS
  while (systemClock.monotonicMs() < deadline) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await systemClock.sleep(50)
  }
  assert.fail(`nothing listens on port ${port}: ${said}`)
}
