/**
 * The key that signs receipts of drills: private for the drill, public for who reads receipts.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { signSuccession } from '#crypto/key-succession.ts'
import { receiptKeys, type ReceiptKey } from '#crypto/receipt.ts'
import { noteSigner } from '#crypto/signed-note.ts'
import { systemDisk } from '#system/disk.ts'
import { extendKeyLine, readKeyLine } from '#system/key-line.ts'
import { followHeirs, SuccessiveKey } from '#system/successive-key.ts'
import type { ServiceContext } from './context.ts'
import type { Paths } from './paths.ts'
import type { KeptReceipts } from './receipts.ts'

/** Of the keys, in the notes by which they take over. */
const NAME = 'veilig/receipts'

/** Makes the key when there is none. */
export async function ensureDrillKey(paths: Paths): Promise<void> {
  const file = privateFile(paths)
  if ((await systemDisk.size(file)) === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    await systemDisk.createOnce(file, Buffer.from(pem))
  }
  if ((await systemDisk.size(publicFile(paths))) !== undefined) return
  const pem = createPublicKey(await drillKey(paths)).export({ type: 'spki', format: 'pem' })
  await systemDisk.createOnce(publicFile(paths), Buffer.from(pem))
}

export async function drillKey(paths: Paths): Promise<KeyObject> {
  return createPrivateKey(Buffer.from(await systemDisk.read(privateFile(paths))))
}

/**
 * Every key that signed receipts, the newest last.
 *
 * @throws {FaultError} DISK_MISSING before the first start. {IntegrityError} SUCCESSION_….
 */
export async function drillKeys(paths: Paths): Promise<readonly ReceiptKey[]> {
  const pem = Buffer.from(await systemDisk.read(publicFile(paths)))
  return receiptKeys(await readKeyLine(lineFile(paths)), createPublicKey(pem))
}

/**
 * Has another key take over when somebody wants one to. The note is kept beside the receipts, so
 * every region has it too: whoever has the receipts can follow.
 */
export async function followDrillKey(
  { paths, clock, trail }: Pick<ServiceContext, 'paths' | 'clock' | 'trail'>,
  { keep, spread }: Pick<KeptReceipts, 'keep' | 'spread'>,
): Promise<ReturnType<typeof followHeirs>> {
  const key = await SuccessiveKey.open(privateFile(paths), async (heir) => {
    const newest = (await readKeyLine(lineFile(paths))).at(-1)
    return newest?.next === noteSigner(NAME, heir).verifierKey
  })
  return followHeirs(key, clock, async (next) => {
    const [former, heir] = [noteSigner(NAME, key.signing), noteSigner(NAME, next)]
    const number = (await readKeyLine(lineFile(paths))).length + 1
    const atMs = Math.trunc(clock.nowMs())
    const note = signSuccession(number, former, heir, atMs)
    await extendKeyLine(lineFile(paths), note)
    await key.succeed()
    await keep(keyNoteName(atMs), Buffer.from(note))
    await spread()
    const detail = { former: former.verifierKey, next: heir.verifierKey }
    await trail.append([{ code: 'KEY_SUCCEEDED', detail }])
  })
}

/** As receipts are named: docs/formats/receipt.md. */
function keyNoteName(atMs: number): string {
  return `${new Date(atMs).toISOString().replace(/[-:.]/g, '').toLowerCase()}-key`
}

function lineFile(paths: Paths): string {
  return paths.secret('prober', 'drill-receipt.keys')
}

function privateFile(paths: Paths): string {
  return paths.secret('drill', 'receipt.key')
}

function publicFile(paths: Paths): string {
  return paths.secret('prober', 'drill-receipt.pub')
}
