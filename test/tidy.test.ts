/**
 * The rules of the house, as a test: who may import whom, and what pure code may not touch.
 *
 * A rule that lives only in a document is broken within a month; this one breaks the build.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/** Layer of src/ → the layers it may import. Order is the architecture, lowest first. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  protocol: ['lib'],
  crypto: ['lib'],
  system: ['lib', 'protocol', 'crypto'],
  storage: ['lib', 'crypto', 'system'],
  audit: ['lib', 'crypto', 'system', 'storage'],
  services: ['lib', 'protocol', 'crypto', 'system', 'storage', 'audit'],
  cli: ['lib', 'protocol', 'crypto', 'system', 'storage', 'audit', 'services'],
}

/** Layers that compute and never act: same input, same output, on any machine, at any time. */
const pure = new Set(['lib', 'protocol', 'crypto'])
const pureBuiltins = new Set(['node:assert/strict', 'node:crypto'])
const impure = /\b(Date\.now|new Date\(\)|performance\.|random\w*\(|process\.|setT\w+\(|console\.)/

/**
 * Package → the layers that may use it; the reasons are in docs/decisions/. Types count too.
 * A package missing here may be used nowhere in src/.
 */
const packageLayers: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['audit'],
  '@hono/node-server': ['services'],
  '@node-rs/argon2': ['services'],
  '@peculiar/x509': ['system'],
  '@redis/client': ['system'],
  '@secretlint/core': ['services'],
  '@secretlint/secretlint-rule-preset-recommend': ['services'],
  '@simplewebauthn/server': ['services'],
  '@zxcvbn-ts/language-common': ['services'],
  acorn: ['services'],
  hono: ['system', 'services'],
  'libpg-query': ['protocol'],
  mailauth: ['services'],
  nodemailer: ['services'],
  'openid-client': ['services'],
  otplib: ['services'],
  pg: ['system', 'services', 'cli'],
  pino: ['services', 'cli'],
  preact: ['lib', 'system', 'services'],
  'preact-render-to-string': ['system', 'services'],
  'reflect-metadata': ['system'],
  'smtp-server': ['services'],
  ssh2: ['storage'],
  yaml: ['cli'],
  zod: ['services', 'cli'],
}

const LINES_MAX = 500
const COLUMNS_MAX = 100

for (const path of globSync('src/**/*.{ts,tsx}').map(normalize)) {
  test(`tidy: ${path}`, () => check(path, readFileSync(path, 'utf8')))
}

test('tidy: the protected application imports nothing of ours, nor we of it', () => {
  for (const path of globSync('apps/reservations/src/**/*.{ts,tsx}').map(normalize)) {
    if (isTest(path)) continue
    for (const specifier of imports(readFileSync(path, 'utf8'))) {
      const inside = join(dirname(path), specifier).startsWith('apps/reservations/')
      assert(/^[^.#]/.test(specifier) || inside, `${path} imports ${specifier}`)
    }
  }
})

/** What each rule must not let pass, so that a rule that stopped biting is seen. */
const refused: readonly (readonly [rule: RegExp, path: string, body: string])[] = [
  [/unknown layer/, 'src/helpers/a.ts', ''],
  [/too wide/, 'src/lib/a.ts', `// ${'x'.repeat(COLUMNS_MAX)}`],
  [/longer than/, 'src/lib/a.ts', '\n'.repeat(LINES_MAX)],
  [/pure, yet imports node:fs/, 'src/protocol/a.ts', "import { openSync } from 'node:fs'"],
  [/did not|match/, 'src/crypto/a.ts', 'export const now = Date.now()'],
  [/lib may not import system/, 'src/lib/a.ts', "import { x } from '#system/clock.ts'"],
  [
    /storage may not import services/,
    'src/storage/a.ts',
    "import type { X } from '#services/b/c.ts'",
  ],
  [/named by #/, 'src/audit/a.ts', "import { x } from '../lib/errors.ts'"],
  [/a service imports a service/, 'src/services/a/x.ts', "import { y } from '../b/y.ts'"],
  [/new dependency/, 'src/cli/a.ts', "import x from 'left-pad'"],
  [/may not use the package pg/, 'src/audit/a.ts', "import pg from 'pg'"],
]

for (const [rule, path, body] of refused) {
  test(`tidy bites: ${rule.source} in ${path}`, () => {
    assert.throws(() => check(path, `/** A module. */\n${body}\n`), { message: rule })
  })
}

test('tidy bites: a file without a header', () => {
  assert.throws(() => check('src/lib/a.ts', 'export {}'), /module header/)
})

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

/** @throws {AssertionError} Naming the first rule that the file breaks. */
function check(path: string, text: string): void {
  const from = place(path)
  assert(from.layer in mayImport, `unknown layer ${from.layer}`)
  assert(text.startsWith('/**'), 'begins with a module header')
  assert(text.split('\n').length <= LINES_MAX, `longer than ${LINES_MAX} lines`)
  for (const line of text.split('\n')) assert(line.length <= COLUMNS_MAX, `too wide: ${line}`)
  if (isTest(path)) return
  if (pure.has(from.layer)) assert.doesNotMatch(text, impure)
  for (const specifier of imports(text)) checkImport(path, from, specifier)
}

function checkPackage(layer: string, specifier: string): void {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const allowed = packageLayers[name]
  assert(allowed, `${name} is a new dependency: write docs/decisions/, then the table here`)
  assert(allowed.includes(layer), `${layer} may not use the package ${name}`)
}

type Place = { readonly layer: string; readonly service: string | undefined }

function checkImport(path: string, from: Place, specifier: string): void {
  if (specifier.startsWith('node:')) {
    const allowed = !pure.has(from.layer) || pureBuiltins.has(specifier)
    return assert(allowed, `${from.layer} is pure, yet imports ${specifier}`)
  }
  if (!/^[#.]/.test(specifier)) return checkPackage(from.layer, specifier)
  const named = specifier.startsWith('#')
  const to = place(named ? `src/${specifier.slice(1)}` : join(dirname(path), specifier))
  if (to.layer === from.layer)
    return assert.equal(to.service, from.service, 'a service imports a service')
  assert(mayImport[from.layer]?.includes(to.layer), `${from.layer} may not import ${to.layer}`)
  assert(named, `another layer is named by #, not by ${specifier}`)
}

function place(path: string): Place {
  const [, layer = '', service] = normalize(path).split('/')
  return { layer, service: layer === 'services' ? service : undefined }
}

function imports(text: string): string[] {
  return [...text.matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'|^import '([^']+)'/gm)].map(
    ([, from, bare]) => from ?? bare ?? '',
  )
}
