/**
 * Every parser of the trail, of its copies and of what detection keeps, given bytes that are almost
 * right: each answers, or dies of a code that docs/errors.md declares, and nothing else. Those that
 * a stranger reaches through the gateway are in `sql-gateway/fuzz.test.ts`.
 *
 * `VEILIG_FUZZ=1000000` runs a campaign: so many inputs for each parser; the seed is printed, and
 * `VEILIG_SEED` repeats it.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { encodeCheckpoint, parseCheckpoint } from '#crypto/checkpoint.ts'
import { identityFromSeed } from '#crypto/key-wrap.ts'
import { noteSigner, noteVerifier, parseNote, signNote, verifyNote } from '#crypto/signed-note.ts'
import { encodeAddCheckpoint, parseAddCheckpoint } from '#crypto/witness-message.ts'
import { fuzzParsers, fuzzText as text } from '#kit/fuzz.ts'
import { encodeSanctions, parseSanctions } from '#lib/sanctions.ts'
import {
  csvRecords,
  insideStatement,
  readCsvLog,
  readJsonLog,
} from '#protocol/postgres/server-log.ts'
import { openParcel, sealParcel } from '#storage/sealed-parcel.ts'
import { openCheckpoint } from './book-files.ts'
import { decodeCopy, encodeCopy } from './copy-parcel.ts'
import { decodeEvent, RecordCursor, RecordEncoder } from './record.ts'
import { decodeHeader, encodeHeader } from './segment.ts'
import { survey } from './survey.ts'

const string = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
/** Notes have a dash that is no ASCII. */
const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const { privateKey } = generateKeyPairSync('ed25519')
const signer = noteSigner('n1/audit', privateKey)
const checkpoint = encodeCheckpoint({ origin: 'n1/audit/w', size: 7, root: Buffer.alloc(32, 1) })
const note = signNote(checkpoint, [signer])
const header = encodeHeader({
  book: '0'.repeat(32),
  createdMs: 1,
  cut: { bytes: 3, segments: [2] },
  durable: 1,
  frontier: { size: 1, hashes: [Buffer.alloc(32, 2)] },
  mode: 'written',
  node: 'n1',
  previous: { bytes: 9, hash: 'ab'.repeat(32), segment: 1 },
  process: 'writer',
  segment: 2,
  sequence: 1,
  verifier: signer.verifierKey,
})
const records = recordsOf(12)
const place = { process: 'writer', segment: 1, offset: 0 }
const copy = encodeCopy({
  node: 'n1',
  atMs: 1,
  pieces: [{ ...place, bytes: records }],
  notes: { writer: note },
  sealKey: signer.verifierKey,
})
const identity = identityFromSeed(Buffer.alloc(32, 4))
const parcel = await sealParcel('m/p-1/1-1', copy, [identity.publicKey], randomBytes)
const sanction = { incident: 'i', kind: 'address', value: '192.0.2.7', untilMs: 5 } as const
const csv =
  `2026-11-23 10:00:00.000 UTC,"app","club",77,"[local]",6c4f1a2b.4d,1,"SELECT",` +
  `2026-11-23 09:59:59 UTC,3/4,0,LOG,00000,"AUDIT: SESSION,1,2,DDL,CREATE ROLE,,,""create role ` +
  `x"",<none>",,,,,,,,,"psql","client backend",,0\n`
const json = JSON.stringify({
  user: 'app',
  dbname: 'club',
  pid: 77,
  session_id: '6c4f1a2b.4d',
  message: 'statement: select 1',
  backend_type: 'client backend',
})

fuzzParsers({
  'segment header': [header, decodeHeader],
  records: [records, playRecords],
  survey: [records, (bytes) => survey(Buffer.from(bytes), 33)],
  event: [text('{"code":"A_CODE","detail":{"a":1}}'), (bytes) => decodeEvent(string(bytes))],
  'copy of a region': [copy, decodeCopy],
  'parcel of a region': [parcel, (bytes) => openParcel('m/p-1/1-1', bytes, identity)],
  checkpoint: [text(checkpoint), (bytes) => parseCheckpoint(string(bytes))],
  'signed note': [Buffer.from(note), playNote],
  'checkpoint file': [
    Buffer.from(note),
    (bytes) => openCheckpoint(utf8(bytes), [signer.verifierKey]),
  ],
  'verifier key': [text(signer.verifierKey), (bytes) => noteVerifier(string(bytes))],
  'request to a witness': [
    Buffer.from(encodeAddCheckpoint({ oldSize: 3, proof: [Buffer.alloc(32, 3)], note })),
    (bytes) => parseAddCheckpoint(utf8(bytes)),
  ],
  sanctions: [text(encodeSanctions([sanction])), (bytes) => parseSanctions(string(bytes))],
  'server log, JSON': [text(json), (bytes) => readJsonLog(string(bytes))],
  'server log, CSV': [text(csv), playCsv],
})

function recordsOf(count: number): Buffer {
  const encoder = new RecordEncoder(Buffer.alloc(33))
  const events = Array.from({ length: count }, (_, index) => {
    return { code: 'TEST_HAPPENED', detail: { index, text: 'x'.repeat(index) } }
  })
  encoder.encode(events, { sequence: 0, timeMs: 1, durable: 0 }, () => undefined)
  let bytes = Buffer.alloc(33)
  encoder.take((written) => (bytes = Buffer.concat([bytes, written])))
  return bytes
}

function playRecords(bytes: Uint8Array): void {
  const cursor = new RecordCursor(bytes, Math.min(33, bytes.length), 0)
  for (let fault = cursor.next(); fault === undefined; fault = cursor.next()) cursor.event()
}

function playNote(bytes: Uint8Array): void {
  verifyNote(parseNote(utf8(bytes)), [noteVerifier(signer.verifierKey)])
}

function playCsv(bytes: Uint8Array): void {
  for (const record of csvRecords(string(bytes)).records) {
    const line = readCsvLog(record)
    if (line) insideStatement(line)
  }
}
