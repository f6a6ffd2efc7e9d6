/** The local authority, judged by Node's TLS and by the files a start leaves behind. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { systemClock, type Clock } from '../clock.ts'
import { systemDisk } from '../disk.ts'
import { createLocalAuthority, issueCertificate, localNames } from './authority.ts'
import { ensureCertificate, ensureLocalAuthority } from './ensure.ts'

const DAY_MS = 86_400_000
let folder = ''
before(async () => (folder = await mkdtemp(join(tmpdir(), 'veilig-ca-'))))
after(() => rm(folder, { recursive: true, force: true }))

test('local authority: TLS clients that trust it accept each local name', async () => {
  const authority = await createLocalAuthority(Date.now())
  const leaf = await issueCertificate(authority, localNames, Date.now())
  for (const name of ['localhost', 'trust.localhost', '127.0.0.1', '::1']) {
    assert.equal(await handshake(leaf, authority.certificatePem, name), 'accepted', name)
  }
})

test('local authority: a certificate for a name of the wide world is refused', async () => {
  const authority = await createLocalAuthority(Date.now())
  for (const name of ['bank.example', '10.0.0.1', 'notlocalhost', '::2']) {
    const leaf = await issueCertificate(authority, [name], Date.now())
    const verdict = await handshake(leaf, authority.certificatePem, name)
    assert.match(verdict, /permitted subtree violation/, name)
  }
})

test('local authority: a second start keeps all; keys are ours alone', async () => {
  const [first, second] = [await start('kept', systemClock), await start('kept', systemClock)]
  assert.deepEqual([first.made, second.made], [true, false])
  assert.equal(second.certificatePem, first.certificatePem)
  for (const file of ['ca.key', 'leaf.key']) {
    assert.equal((await stat(join(folder, 'kept', file))).mode & 0o777, 0o600)
  }
})

test('local authority: renewed below 60 days of life, and not before', async () => {
  const later = (days: number): Clock => ({
    ...systemClock,
    nowMs: () => Date.now() + days * DAY_MS,
  })
  await start('aged', systemClock)
  assert.equal((await start('aged', later(29))).made, false)
  const renewed = await start('aged', later(31))
  assert.equal(renewed.made, true)
  const validTo = new X509Certificate(renewed.certificatePem).validToDate.getTime()
  assert(validTo > Date.now() + 120 * DAY_MS)
})

test('local authority: files that do not fit each other are replaced, not served', async () => {
  await start('torn', systemClock)
  const other = await issueCertificate(
    await createLocalAuthority(Date.now()),
    localNames,
    Date.now(),
  )
  await writeFile(join(folder, 'torn', 'leaf.key'), other.keyPem)
  assert.equal((await start('torn', systemClock)).made, true)
  await writeFile(join(folder, 'torn', 'ca.pem'), 'cut sho')
  assert.equal((await start('torn', systemClock)).made, true)
})

async function start(
  name: string,
  clock: Clock,
): Promise<{ made: boolean; certificatePem: string }> {
  const doors = { disk: systemDisk, clock }
  const at = (file: string): string => join(folder, name, file)
  const authority = await ensureLocalAuthority(doors, {
    certificatePath: at('ca.pem'),
    keyPath: at('ca.key'),
  })
  const place = { certificatePath: at('leaf.pem'), keyPath: at('leaf.key') }
  const { pair, made } = await ensureCertificate(doors, authority.pair, place, localNames)
  return { made, certificatePem: pair.certificatePem }
}

async function handshake(
  leaf: { certificatePem: string; keyPem: string },
  ca: string,
  name: string,
): Promise<string> {
  const server = createServer({ cert: leaf.certificatePem, key: leaf.keyPem }, (socket) => {
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const named = /^[\d:.]+$/.test(name) ? {} : { servername: name }
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca,
    ...named,
    checkServerIdentity: checkAs(name),
  })
  try {
    await once(socket, 'secureConnect')
    return 'accepted'
  } catch (error) {
    return String(error)
  } finally {
    socket.destroy()
    server.close()
  }
}

/** Node checks the certificate for the name we meant, though we connect to 127.0.0.1. */
function checkAs(name: string): typeof import('node:tls').checkServerIdentity {
  return (_host, certificate) => {
    const given = new X509Certificate(certificate.raw)
    const found = /^[\d:.]+$/.test(name) ? given.checkIP(name) : given.checkHost(name)
    return found === undefined ? new Error(`not valid for ${name}`) : undefined
  }
}
