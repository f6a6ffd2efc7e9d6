/**
 * Asks a resolver one question and hears whether it vouches for the answer, which Node's own
 * resolver does not tell. UDP first, TCP when the answer did not fit.
 *
 * @module
 */
import { createSocket } from 'node:dgram'
import { randomInt } from 'node:crypto'
import { connect, isIPv6 } from 'node:net'
import { FaultError } from '#lib/errors.ts'
import { decodeAnswer, encodeQuery, type DnsAnswer, type DnsType } from '#protocol/dns/message.ts'

const TIMEOUT_MS = 3_000
const TRIES = 2
const MESSAGE_MAX = 65_535

/** `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`. */
type Server = { readonly host: string; readonly port: number }

export type AskDns = (name: string, type: DnsType) => Promise<DnsAnswer>

/**
 * @param servers Addresses, asked in turn.
 * @throws {FaultError} DNS_UNANSWERED from the function returned, when none of them answers.
 */
export function dnsAsker(servers: readonly string[]): AskDns {
  const known = servers.map(serverOf)
  return async (name, type) => {
    let cause: unknown = new Error('no resolver is named')
    for (let attempt = 0; attempt < TRIES; attempt++) {
      for (const server of known) {
        try {
          const query = encodeQuery(randomInt(65_536), name, type)
          const short = decodeAnswer(await overUdp(server, query), type)
          return short.truncated ? decodeAnswer(await overTcp(server, query), type) : short
        } catch (error) {
          cause = error
        }
      }
    }
    throw new FaultError('DNS_UNANSWERED', `no answer about ${type} records`, { cause })
  }
}

function serverOf(text: string): Server {
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  return { host: v6 ?? v4 ?? text, port: Number(port ?? 53) }
}

/** An answer counts when it comes from where we asked, with our number. */
async function overUdp({ host, port }: Server, query: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no answer in time')), TIMEOUT_MS)
      socket.on('error', reject)
      socket.on('message', (bytes) => {
        if (!Buffer.from(query).subarray(0, 2).equals(bytes.subarray(0, 2))) return
        clearTimeout(late)
        resolve(bytes)
      })
      // Connected, so that the system drops what comes from elsewhere.
      socket.connect(port, host, () => socket.send(query))
    })
  } finally {
    socket.close()
  }
}

async function overTcp({ host, port }: Server, query: Uint8Array): Promise<Uint8Array> {
  const socket = connect({ host, port })
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')))
  try {
    const size = Buffer.alloc(2)
    size.writeUInt16BE(query.length)
    socket.write(Buffer.concat([size, query]))
    let got = Buffer.alloc(0)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      got = Buffer.concat([got, chunk])
      if (got.length > MESSAGE_MAX + 2) break
      if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        return got.subarray(2, 2 + got.readUInt16BE(0))
      }
    }
    throw new Error('the answer was cut short')
  } finally {
    socket.destroy()
  }
}
