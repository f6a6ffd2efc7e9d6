/** Signed notes and checkpoints: what other implementations wrote we read, and write alike. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { hex, readVectors } from '#kit/vectors.ts'
import { VeiligError } from '#lib/errors.ts'
import { encodeCheckpoint, parseCheckpoint } from './checkpoint.ts'
import {
  ed25519PrivateKey,
  noteSigner,
  noteVerifier,
  parseNote,
  signNote,
  verifyNote,
} from './signed-note.ts'

for (const vector of readVectors(new URL('testdata/signed-note.vectors', import.meta.url))) {
  test(`signed note: ${vector.case}`, () => {
    const note = vector['note']?.replaceAll('\\n', '\n') ?? ''
    const key = vector['key'] ?? ''
    const verdict = codeOr(() => verifyNote(parseNote(note), [noteVerifier(key)]).join(' '))
    assert.equal(
      codeOr(() => noteVerifier(key) && verdict),
      vector['code'] ?? vector['signed'],
    )
    if (!vector['seed']) return
    const signer = noteSigner(key.split('+')[0] ?? '', ed25519PrivateKey(hex(vector['seed'])))
    assert.equal(signer.verifierKey, key)
    assert.equal(signNote(parseNote(note).text, [signer]), note)
  })
}

const checkpoint =
  'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

test('checkpoint: the example of the specification', () => {
  const parsed = parseCheckpoint(checkpoint)
  assert.equal(parsed.origin, 'example.com/behind-the-sofa')
  assert.equal(parsed.size, 20_852_163)
  assert.equal(encodeCheckpoint(parsed), checkpoint)
  assert.deepEqual(parseCheckpoint(`${checkpoint}an extension\n`), parsed)
})

test('checkpoint: what is not one is refused', () => {
  const [origin, , root] = checkpoint.split('\n')
  for (const text of [
    '',
    'a\n1\n',
    `\n1\n${root}\n`,
    `${origin}\n01\n${root}\n`,
    `${origin}\n-1\n${root}\n`,
    `${origin}\n1e3\n${root}\n`,
    `${origin}\n9007199254740993\n${root}\n`,
    `${origin}\n1\n${root}`,
    `${origin}\n1\n${root}\n\n`,
    `${origin}\n1\nAAAA\n`,
    `${origin}\n1\n${root?.replace('=', '')}\n`,
  ])
    assert.throws(() => parseCheckpoint(text), { code: 'CHECKPOINT_MALFORMED' }, text)
})

test('signed note: mangled anywhere, it is refused with a declared code', () => {
  const random = mulberry32(7)
  const signer = noteSigner('log.example', ed25519PrivateKey(new Uint8Array(32).fill(7)))
  const verifier = noteVerifier(signer.verifierKey)
  const note = Buffer.from(signNote(checkpoint, [signer]))
  const codes = new Set<string>()
  for (let round = 0; round < 5000; round++) {
    const mangled = Buffer.from(note)
    const at = Math.floor(random() * note.length)
    mangled[at] = Math.floor(random() * 256)
    if (mangled.equals(note)) continue
    const verdict = codeOr(() => verifyNote(parseNote(mangled.toString()), [verifier]).join())
    assert.notEqual(verdict, 'log.example', mangled.toString())
    codes.add(verdict)
  }
  const declared = ['NOTE_MALFORMED', 'NOTE_SIGNATURE_INVALID', 'NOTE_UNSIGNED']
  assert.deepEqual([...codes].toSorted(), declared)
})

function codeOr(act: () => string): string {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    return error.code
  }
}
