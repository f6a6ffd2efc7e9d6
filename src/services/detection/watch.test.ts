/** Every detector of behaviour is set off by its own attack, and by nothing of an ordinary day. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, test } from 'node:test'
import type { RecordedEvent } from '#audit/read.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { detectionConfig } from './config.ts'
import { counterparts } from './counterparts.ts'
import { detectors } from './detectors.ts'
import { detectorTable } from './detector-table.ts'
import { Watch } from './watch.ts'

before(() => loadSqlParser())

const START_MS = Date.parse('2026-11-02T09:00:00Z')
const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR
const config = detectionConfig.parse({
  mass: { personalFloor: 3_000 },
  honeytokens: {
    roles: ['backup_old'],
    databases: ['club_2019'],
    tables: ['member_cards'],
    texts: ['nobody@club.example'],
  },
  listedNetworks: [{ name: 'exits of Tor', ranges: ['100.64.0.0/10'] }],
})

/** A book that a test writes: events a second apart, unless it says otherwise. */
class Book {
  readonly watch = new Watch(config)
  readonly found: string[] = []
  nowMs = START_MS
  #sequence = 0

  write(code: string, detail: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.nowMs += SECOND
    const place = { process: 'sql-gateway', sequence: this.#sequence++, timeMs: this.nowMs }
    const event: RecordedEvent = { ...place, code, detail }
    this.found.push(...this.watch.see(event).map(({ detector }) => detector))
  }

  skip(ms: number): void {
    this.nowMs += ms
  }

  loseRecord(): void {
    this.#sequence++
  }

  open(more: Readonly<Record<string, string | boolean>> = {}): void {
    this.write('DB_SESSION_OPENED', { ...who, session: 's', application: 'app', ...more })
  }

  fail(more: Readonly<Record<string, string>> = {}): void {
    this.write('DB_LOGIN_FAILED', { ...who, sqlstate: '28P01', ...more })
  }

  say(sql: string): void {
    const detail = { ...who, session: 's', kind: 'query', sql, sqlBytes: sql.length }
    this.write('DB_STATEMENT', detail)
  }

  done(more: Readonly<Record<string, string | number>>): void {
    this.write('DB_STATEMENT_DONE', { session: 's', tag: 'SELECT 1', rowsSent: 0, ...more })
  }

  times(count: number, act: (at: number) => void): void {
    for (let at = 0; at < count; at++) act(at)
  }
}

const who = { user: 'app', database: 'club', address: '192.0.2.7' }

function ordinaryDay(book: Book): void {
  book.times(25, () => book.open())
  book.times(250, (at) => {
    book.say(`SELECT id, name FROM courts WHERE club = ${(at * 7) % 90}`)
    book.done({ rowsSent: 3, durationMs: 2 })
  })
}

const attacks: Readonly<Record<string, (book: Book) => void>> = {
  'sqli.structure': (book) => book.say('SELECT id, name FROM courts WHERE club = 1 OR 1=1 --'),
  'sqli.syntax-probing': (book) =>
    book.say('SELECT id, name FROM courts WHERE club = 1 UNION SELECT 1,2 FROM m)) --'),
  'sqli.timing': (book) =>
    book.say('SELECT id, name FROM courts WHERE club = 1 AND 1=(SELECT 1 FROM pg_sleep(5))'),
  'sqli.catalogue': (book) =>
    book.say(`SELECT id, name FROM courts WHERE club = 1 UNION SELECT 1, proname FROM pg_proc --`),
  'sqli.functions': (book) =>
    book.say(
      `SELECT id, name FROM courts WHERE club = 1 UNION SELECT 1, pg_read_file('/etc/passwd') --`,
    ),
  'sqli.error-rate': (book) => book.times(20, () => book.done({ sqlstate: '42601', rowsSent: 0 })),
  'sqli.time-probing': (book) =>
    book.times(7, () => {
      book.done({ durationMs: 5_003 })
    }),
  'sqli.column-counting': (book) =>
    book.times(6, (at) =>
      book.say(`SELECT id, name FROM courts WHERE club = 1 ORDER BY ${at + 1} --`),
    ),
  'sqli.unreadable': (book) =>
    book.say(`SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)} FROM courts`),
  'sqli.second-order': (book) => {
    book.say(`INSERT INTO members (name) VALUES ('x'' OR name <> ''y')`)
    book.say(`SELECT id, name FROM courts WHERE club = 1 AND name = 'x' OR name <> 'y' OR 1=1 --'`)
  },
  'login.brute-force': (book) => book.times(6, () => book.fail()),
  'login.brute-force-slow': (book) =>
    book.times(21, () => {
      book.fail()
      book.skip(100 * SECOND)
    }),
  'login.brute-force-distributed': (book) =>
    book.times(12, (at) => {
      book.fail({ address: `198.51.${at}.1` })
      book.skip(60 * SECOND)
    }),
  'login.credential-stuffing': (book) => book.times(6, (at) => book.fail({ user: `u${at}` })),
  'login.success-after-failures': (book) => {
    book.times(6, () => book.fail())
    book.open()
  },
  'access.new-address': (book) => book.open({ address: '192.0.2.99' }),
  'access.new-network': (book) => book.open({ address: '203.0.113.5' }),
  'access.new-tool': (book) => book.open({ application: 'psql' }),
  'access.harmful-tool': (book) => book.open({ application: 'sqlmap/1.7' }),
  'access.new-role': (book) => {
    book.skip(8 * DAY)
    book.open({ user: 'ghost' })
  },
  'access.new-hour': (book) => {
    book.times(8, () => {
      book.skip(DAY)
      book.open()
    })
    book.skip(12 * HOUR)
    book.open()
  },
  'access.dormant': (book) => {
    book.skip(61 * DAY)
    book.open()
  },
  'access.probing': (book) =>
    book.times(25, () =>
      book.write('DB_PROTOCOL_VIOLATION', { ...who, reason: 'PG_TYPE_UNKNOWN' }),
    ),
  'access.listed-network': (book) => book.open({ address: '100.64.7.7' }),
  'access.listed-attempt': (book) => book.fail({ address: '100.64.7.7' }),
  'access.release': (book) => {
    book.skip(2 * DAY)
    book.times(25, (at) => book.say(`SELECT name, c${at} FROM courts WHERE club = 7`))
  },
  'access.refused': (book) => book.write('DB_STATEMENT_REFUSED', { ...who, rule: 'ddl' }),
  'access.catalogue-enumeration': (book) =>
    book.times(30, (at) => book.say(`SELECT attname FROM pg_attribute WHERE attrelid = ${at * 3}`)),
  'data.mass-read': (book) => book.done({ rowsSent: 90_000 }),
  'data.personal-read': (book) =>
    book.done({ rowsSent: 2_000, personal: 'public.m.email public.m.phone', personalRows: 2_000 }),
  'data.mass-change': (book) => book.done({ tag: 'DELETE 80000' }),
  'data.slow-drip': (book) => {
    book.times(4, () => {
      book.skip(DAY)
      book.times(3, () => {
        book.done({ rowsSent: 2_000 })
        book.skip(HOUR / 6)
      })
    })
    book.skip(DAY)
    book.times(9, () => {
      book.done({ rowsSent: 2_000 })
      book.skip(HOUR / 6)
    })
  },
  'data.enumeration': (book) =>
    book.times(220, (at) => book.say(`SELECT id, name FROM courts WHERE club = ${at + 500}`)),
  'data.export-tool': (book) => book.open({ application: 'pg_dump' }),
  'data.copy-out': (book) => book.say('COPY members TO STDOUT'),
  'data.honeytoken': (book) => book.say('SELECT * FROM member_cards'),
  'data.replication-started': (book) => book.open({ replication: true }),
  'data.card-number': (book) =>
    book.write('CARD_NUMBER_SEEN', { host: 'localhost', where: 'request', digitCount: 16 }),
  'ring.certificate-strange': (book) =>
    book.write('CERTIFICATE_STRANGE', { names: 'club.example', issuer: 'CN=A1', serial: 'a1' }),
  'ring.clock-jump': (book) => {
    book.skip(-60 * SECOND)
    book.open()
  },
  'ring.log-gap': (book) => {
    book.loseRecord()
    book.open()
  },
  'ring.log-cut': (book) => book.write('AUDIT_TAIL_CUT', { bytes: 12 }),
  'ring.log-damaged': (book) => book.write('AUDIT_BOOK_DAMAGED', { findings: 1 }),
  'ring.log-rewritten': (book) =>
    book.write('SEAL_BROKEN', { process: 'sql-gateway', reason: 'SEAL_BOOK_REWRITTEN' }),
  'ring.witness-lost': (book) =>
    book.write('SEAL_WITNESS', { process: 'sql-gateway', witness: 'http://w', state: 'silent' }),
  'ring.copy-behind': (book) =>
    book.write('SEAL_COPY', { region: 'region-a', state: 'behind', reason: 'STORE_FAILED' }),
  'ring.stopped-hard': (book) => book.write('AUDIT_BOOK_OPENED', { mode: 'written' }),
}

for (const [id, attack] of Object.entries(attacks)) {
  test(`detector: ${id} is set off by its attack, and not by an ordinary day`, () => {
    const book = new Book()
    ordinaryDay(book)
    assert.equal(book.found.join(' '), '', 'an ordinary day')
    attack(book)
    assert(book.found.includes(id), book.found.join(' '))
  })
}

test('detector: a honey role is told whether its password is right or wrong', () => {
  const book = new Book()
  book.fail({ user: 'backup_old' })
  book.open({ user: 'backup_old' })
  assert.deepEqual(book.found, ['data.honeytoken', 'data.honeytoken'])
})

test('detector: a connection string that was laid out is told by its database, too', () => {
  const book = new Book()
  book.fail({ user: 'postgres', database: 'club_2019' })
  assert.deepEqual(book.found, ['data.honeytoken'])
})

test('detector: whoever is refused before the login is told by the list he is on', () => {
  const book = new Book()
  book.write('DB_SESSION_REFUSED', { ...who, address: '100.127.255.255' })
  book.write('DB_SESSION_REFUSED', { ...who, address: '100.128.0.0' })
  assert.deepEqual(book.found, ['access.listed-attempt'])
})

test('detector: a release is told once, and its statements are ordinary the next time', () => {
  const book = new Book()
  ordinaryDay(book)
  const release = (): void =>
    book.times(60, (at) => book.say(`SELECT name, c${at} FROM courts WHERE club = 7`))
  book.skip(2 * DAY)
  release()
  assert.deepEqual(book.found, ['access.release'])
  book.skip(DAY)
  release()
  assert.deepEqual(book.found, ['access.release'])
})

test('detector: every alert type of the three others has ours, or why it has none', () => {
  const known = new Set(detectors.map(({ id }) => id))
  for (const { product, type, ours, why } of counterparts) {
    assert(ours.length > 0 !== (why !== undefined), `${product} ${type}`)
    for (const id of ours) assert(known.has(id), id)
  }
  const count = (product: string): number =>
    counterparts.filter((each) => each.product === product).length
  assert.deepEqual(
    ['Azure SQL', 'Defender for PostgreSQL', 'GuardDuty RDS'].map(count),
    [14, 10, 9],
  )
})

test('detector: the watcher of availability, which no server knows, guesses no passwords', () => {
  const book = new Book()
  book.times(100, () => book.fail({ user: 'veilig_status' }))
  assert.deepEqual(book.found, [])
})

test('detector: each has an attack as its test', () => {
  const tested = new Set(Object.keys(attacks))
  const missing = detectors
    .map(({ id }) => id)
    .filter((id) => !tested.has(id) && !/^(?:escalation|backup|mail|status)\./.test(id))
  // backup., mail. and status. have theirs in watch-backup.test.ts, watch-mail.test.ts, …
  // serve.test.ts, reconcile.test.ts, and behind.test.ts
  const elsewhere = ['ring.detector-off', 'ring.bypass', 'ring.detection-behind']
  elsewhere.push('ring.detection-current')
  assert.deepEqual(missing.toSorted(), elsewhere.toSorted())
})

test('detector: the prober’s own test number is a drill, a number of somebody is not', () => {
  const book = new Book()
  const drillsOf = (more: RecordedEvent['detail']): (string | undefined)[] => {
    const place = { process: 'web-gateway', sequence: 0, timeMs: book.nowMs }
    const detail = { host: 'localhost', where: 'request', ...more }
    const found = book.watch.see({ ...place, code: 'CARD_NUMBER_SEEN', detail })
    const cards = found.filter(({ detector }) => detector === 'data.card-number')
    return cards.map(({ drill }) => drill)
  }
  assert.deepEqual(drillsOf({ drill: true }), ['unnumbered'])
  assert.deepEqual(drillsOf({}), [undefined])
  assert.deepEqual(drillsOf({ drill: 'true' }), [undefined])
})

test('detector: what was learned is the same after it was kept and read again', () => {
  const book = new Book()
  ordinaryDay(book)
  const kept = JSON.parse(JSON.stringify(book.watch.state())) as ReturnType<Watch['state']>
  const again = new Watch(config)
  again.restore(kept)
  assert.deepEqual(JSON.parse(JSON.stringify(again.state())), kept)
})

test('detector: what is kept holds no value of a statement', () => {
  const book = new Book()
  book.times(9, () =>
    book.say(`SELECT id FROM members WHERE email = 'anna@club.be' AND pin = 4711`),
  )
  assert.doesNotMatch(JSON.stringify(book.watch.state()), /anna|"4711"|'4711/)
})

test('detector: docs/detectors.md is the table', async () => {
  const file = new URL('../../../docs/detectors.md', import.meta.url)
  assert.equal(await readFile(file, 'utf8'), detectorTable())
})
