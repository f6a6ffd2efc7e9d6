/**
 * Two texts of one form never differ in anything a rule asks: what they name, which ways to more
 * they take, whether they change structure. Payloads are put where programs put values, and the
 * trees of all texts of a form are compared.
 *
 * `npm test` makes up payloads from pieces that scanners stumble over, from a printed seed.
 * `VEILIG_FORMS=1000000` makes so many; with the data folder beside the project it also takes every
 * payload of its corpus in every context (`VEILIG_CORPUS=1`).
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { loadSqlParser, parseSql, type Tree } from '#protocol/sql/parse.ts'
import { primitivesIn } from '#protocol/sql/primitives.ts'
import { sqlGatewayConfig } from '#services/sql-gateway/config.ts'
import { formOf } from '#services/sql-gateway/known-forms.ts'
import { ruleSetOf } from '#services/sql-gateway/rules.ts'
import { namedIn } from '#services/sql-gateway/withheld.ts'
import {
  available,
  contexts,
  heldOut,
  inContext,
  lines,
  regression,
} from '../../bench/kit/injection-corpus.ts'

const MADE = Number(process.env['VEILIG_FORMS'] ?? '2500')
const SEED = Number(process.env['VEILIG_SEED'] ?? String(Date.now() % 1_000_000))
const PIECES_MAX = 7
/** What begins, ends or hides constants, names and comments; and what a rule looks for. */
const pieces = (
  `' '' " "" -- /* */ /**/ ; , ( ) = || :: . 1 0 1e5 .5 5. 1_0 0x1f $1 a$1 a2 $$ $a$ e' E' b' x' ` +
  `n' u&' U&" \\ \\' email members id and or union select from as null set_config pg_read_file ` +
  `'role' true uescape interval date`
).split(' ')
const spaces = ['', '', ' ', ' ', '\n', '\t', '\r', '\f', '\u00a0', 'é']

before(() => loadSqlParser())

/** What the rules of any role could ask of a statement. */
function askedOf(sql: string, statements: readonly Tree[]): string {
  const names = statements.map(namedIn).map((named) => ({ ...named, columns: [...named.columns] }))
  const ways = [...primitivesIn(statements)].toSorted()
  const { app } = sqlGatewayConfig.parse({ roles: { app: { escalation: 'off' } } }).roles
  return JSON.stringify([names, ways, (app && ruleSetOf(app))?.judge(sql)])
}

/** Takes texts; counts those whose form was known. */
class Forms {
  readonly #asked = new Map<string, readonly [sql: string, asked: string]>()
  compared = 0

  take(sql: string): void {
    const form = formOf(sql)
    const parsed = form === undefined ? undefined : parseSql(sql)
    if (form === undefined || parsed?.kind !== 'tree') return
    const asked = askedOf(sql, parsed.statements)
    const known = this.#asked.get(form)
    if (!known) return void this.#asked.set(form, [sql, asked])
    this.compared++
    assert.equal(asked, known[1], `one form, two meanings:\n${known[0]}\n${sql}`)
  }
}

test('forms: payloads made of what scanners stumble over change nothing a rule asks', (t) => {
  t.diagnostic(`seed ${SEED}`)
  const random = mulberry32(SEED)
  const one = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const places = Object.keys({ ...contexts, ...heldOut })
  const forms = new Forms()
  for (let count = 0; count < MADE; count++) {
    const size = Math.floor(random() * PIECES_MAX)
    const payload = Array.from({ length: size }, () => one(pieces) + one(spaces)).join('')
    const sql = inContext(one(places), payload)
    forms.take(sql)
    forms.take(sql.replaceAll(/\d/g, () => String(Math.floor(random() * 10))))
  }
  t.diagnostic(`${forms.compared} of ${2 * MADE} texts compared with one of their form`)
  assert(forms.compared > MADE / 50, String(forms.compared))
})

const isWhole = process.env['VEILIG_CORPUS'] !== undefined && available()
test('forms: the corpus of injections changes nothing a rule asks', { skip: !isWhole }, (t) => {
  const payloads = [
    ...lines('sqli/libinjection-sqli.txt'),
    ...lines('sqli/httpparams-sqli.txt'),
    ...lines('sqli/libinjection-benign.txt'),
  ]
  const forms = new Forms()
  for (const place of Object.keys({ ...contexts, ...heldOut }))
    for (const payload of payloads) forms.take(inContext(place, payload))
  for (const sql of regression()) forms.take(sql)
  t.diagnostic(`${forms.compared} texts compared with one of their form`)
  assert(forms.compared > 10_000, String(forms.compared))
})
