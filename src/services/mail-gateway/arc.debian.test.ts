/**
 * Mail that others handled before us: their sealed chain (RFC 8617) passes byte for byte, and
 * dkimpy, which made it, still believes the seals.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { dkimVerify } from 'mailauth'
import { DOMAIN, RawSmtp, resolver, startMailGateway } from '#kit/mail-gateway.ts'

const CHAIN = /^ARC-[\w-]+:(?:.*\r\n)(?:[ \t].*\r\n)*/gm
const HOPS = ['list.example', 'forwarder.example']

const gateway = await startMailGateway()
after(() => gateway[Symbol.asyncDispose]())

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyPem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const shown = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const record = `v=DKIM1; k=rsa; p=${shown}`

/** Seals as each hop in turn, or says of a mail which seals are sound. */
const program = `
import sys, json, dkim
asked = json.loads(sys.argv[1])
mail = sys.stdin.buffer.read()
look = lambda name, timeout=5: asked['record'].encode()
if asked['do'] == 'seal':
    for at, hop in enumerate(asked['hops']):
        chain = 'pass' if at else 'none'
        said = ('Authentication-Results: %s; arc=%s; dkim=pass\\r\\n' % (hop, chain)).encode()
        made = dkim.arc_sign(said + mail, b's1', hop.encode(), asked['key'].encode(), hop.encode(),
            include_headers=[b'from', b'to', b'subject'])
        assert made, 'no seal'
        mail = b''.join(made) + said + mail
    sys.stdout.buffer.write(mail)
else:
    cv, results, reason = dkim.arc_verify(mail, dnsfunc=look)
    print(json.dumps([[one['as-domain'].decode(), one['as-valid']] for one in results]))
`

function dkimpy(asked: object, input: Buffer): Buffer {
  const args = ['-c', program, JSON.stringify({ record, hops: HOPS, key: keyPem, ...asked })]
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', args, { input })
  assert.equal(status, 0, stderr.toString())
  return stdout
}

test('ARC: a chain of two hops passes untouched, and its seals are still believed', async () => {
  const mail = `From: a@${DOMAIN}\r\nTo: jan@club.example\r\nSubject: forwarded\r\n\r\nhello\r\n`
  const sealed = dkimpy({ do: 'seal' }, Buffer.from(mail))
  const chain = sealed.toString('latin1').match(CHAIN)
  assert.equal(chain?.length, 6)
  const client = await RawSmtp.ready(gateway.port)
  const said = await client.mail('jan@club.example', sealed)
  client.close()
  assert.match(said, /^250/)
  const [arrived] = await gateway.receiver.arrived(1)
  assert(arrived)
  assert.deepEqual(arrived.bytes.toString('latin1').match(CHAIN), chain)
  const seals = dkimpy({ do: 'verify' }, arrived.bytes).toString().trim()
  assert.deepEqual(
    JSON.parse(seals),
    HOPS.toReversed().map((hop) => [hop, true]),
  )
  const { results } = await dkimVerify(arrived.bytes, { resolver, strict: true })
  const own = results.filter(({ signingDomain }) => signingDomain === DOMAIN)
  assert.deepEqual(
    own.map(({ status }) => status.result),
    ['pass', 'pass'],
  )
})
