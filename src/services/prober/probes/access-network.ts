/**
 * access.network: a stranger gets not one byte, and the database itself has no port.
 *
 * A silence proves something only while the gateway runs, so a friend asks too.
 *
 * @module
 */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { exchange, type Address } from '../exchange.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'

export type AccessNetworkTarget = {
  readonly gateway: Address
  /** An address that is not on the allow-list. */
  readonly strangerAddress: string
  /** An address that is. */
  readonly friendAddress: string
  /** PostgreSQL's own pid file; its first line is the process. */
  readonly postmasterPidFile: string
}

/** SSLRequest: length 8, code 80877103. Whoever may speak is answered S, N or an error. */
export const SSL_REQUEST: Uint8Array = Uint8Array.from([0, 0, 0, 8, 4, 210, 22, 47])
const PATIENCE_MS = 1500

export function accessNetworkProbe(target: AccessNetworkTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const ask = (from: string, enough?: number): ReturnType<typeof exchange> => {
        const question = { from, question: SSL_REQUEST, patienceMs: PATIENCE_MS }
        return exchange(target.gateway, { ...question, ...(enough ? { enough } : {}) }, signal)
      }
      const friend = await ask(target.friendAddress, 1)
      if (friend.reply.length === 0)
        throw notReached(`${target.gateway.host}:${target.gateway.port}`)
      const stranger = await ask(target.strangerAddress)
      const { processes, ports } = await databasePorts(target.postmasterPidFile)
      const address = target.strangerAddress
      const bad = [
        ...(stranger.reply.length > 0
          ? [finding('NET_STRANGER_ANSWERED', { address, bytes: stranger.reply.length })]
          : []),
        ...(ports.length > 0 ? [finding('NET_DATABASE_LISTENS', { ports: ports.join(', ') })] : []),
      ]
      const good = [
        finding('NET_STRANGER_SILENT', { address }),
        finding('NET_FRIEND_ANSWERED', { address: target.friendAddress }),
        finding('NET_DATABASE_NO_PORT', { processes }),
      ]
      return verdictOf(good, bad)
    },
  }
}

type DatabasePorts = { readonly processes: number; readonly ports: readonly number[] }

/** The TCP ports on which PostgreSQL and its children listen, from the kernel's own tables. */
async function databasePorts(pidFile: string): Promise<DatabasePorts> {
  const postmaster = Number((await readFile(pidFile, 'utf8')).split('\n')[0])
  const pids = [postmaster, ...(await childrenOf(postmaster))]
  const listening = await listeningSockets()
  const ports = new Set<number>()
  for (const pid of pids) {
    for (const inode of await socketsOf(pid)) {
      const port = listening.get(inode)
      if (port !== undefined) ports.add(port)
    }
  }
  return { processes: pids.length, ports: [...ports] }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** Inode of each listening TCP socket and its port. Format: proc_pid_net(5). */
async function listeningSockets(): Promise<ReadonlyMap<string, number>> {
  const LISTEN = '0A'
  const found = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '') // no IPv6: no table
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      const port = fields[1]?.split(':')[1]
      if (fields[3] === LISTEN && port && fields[9]) found.set(fields[9], Number.parseInt(port, 16))
    }
  }
  return found
}

/** Inodes of a process's sockets; none when the process has just ended. */
async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const inodes: string[] = []
  for (const name of await readdir(folder).catch(goneOrThrow)) {
    const target = await readlink(`${folder}/${name}`).catch(() => '') // closed meanwhile
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode) inodes.push(inode)
  }
  return inodes
}

// Not being allowed to look must not pass for having seen nothing.
function goneOrThrow(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return []
  throw error
}
