/** A ring in which much happens, for the pages of the console. */
import type { Overview } from '#services/staff/ports.ts'
import type { AlertInFull, MailFilter, WatchPorts } from '#services/staff/watch/ports.ts'
import { asItLeaves } from '#services/mail-gateway/templates/book.ts'
import { parseTemplate, render, wanted } from '#services/mail-gateway/templates/template.ts'
import { quietWatch } from './console.ts'

const MINUTE_MS = 60_000
const nowMs = Date.now()

export const alertId = '6f1f1ad2-9f5b-4f0e-8f3b-6f3f4c1f9c11'
const otherId = '0d9a4e7b-5c41-4a58-9c5c-8f1f7a3b2c10'

const stolen: AlertInFull = {
  id: alertId,
  severity: 'critical',
  detector: 'exfiltration.amount',
  sentence:
    'More rows were read than this account ever reads, by the account club_app from 203.0.113.9, ' +
    '2026-11-23 03:12:44 UTC (48,210 rows in 10 s; usual at most 1,900).',
  role: 'club_app',
  address: '203.0.113.9',
  firstMs: nowMs - 9 * MINUTE_MS,
  lastMs: nowMs - 2 * MINUTE_MS,
  alerts: 4,
  acknowledgedBy: undefined,
  database: 'reservations',
  advice:
    'Change the password of this account now (veilig rotate), then look at what it read. If these ' +
    'were data of people, enter a breach: its clock runs from the moment you are sure.',
  drill: false,
  acknowledgedMs: undefined,
  escalatedMs: nowMs - 4 * MINUTE_MS,
  deliveries: [
    { channel: 'mail', atMs: nowMs - 9 * MINUTE_MS + 140, latencyMs: 140, attempts: 1 },
    { channel: 'pager', atMs: nowMs - 9 * MINUTE_MS + 2200, latencyMs: 2200, attempts: 2 },
  ],
  responses: [
    {
      kind: 'address',
      value: '203.0.113.9',
      atMs: nowMs - 9 * MINUTE_MS + 90,
      untilMs: nowMs + 51 * MINUTE_MS,
      undoneMs: undefined,
      undoneBy: undefined,
    },
  ],
}

/** Acknowledging is remembered, as the real one does. */
export function busyWatch(): WatchPorts & {
  acknowledgedBy: string | undefined
  /** Asked for last. */
  mailFilter: MailFilter | undefined
} {
  const watch = {
    ...quietWatch,
    acknowledgedBy: undefined as string | undefined,
    mailFilter: undefined as MailFilter | undefined,
    alerts: () =>
      Promise.resolve([
        { ...stolen, acknowledgedBy: watch.acknowledgedBy },
        {
          ...stolen,
          id: otherId,
          severity: 'medium',
          detector: 'login.guessing',
          sentence:
            'Passwords were guessed, by the account postgres from 198.51.100.7, 2026-11-22.',
          role: 'postgres',
          address: '198.51.100.7',
          acknowledgedBy: 'lotte@club.example',
        },
      ]),
    alert: (id: string) =>
      Promise.resolve(
        id === alertId ? { ...stolen, acknowledgedBy: watch.acknowledgedBy } : undefined,
      ),
    acknowledge: (_id: string, by: string) => {
      watch.acknowledgedBy = by
      return Promise.resolve(true)
    },
    incidents: () => Promise.resolve([open, past]),
    breaches: () => Promise.resolve([breach]),
    monitors: () =>
      Promise.resolve([
        { ...monitor, id: 'application', name: 'Reservations', state: 'down' as const },
        { ...monitor, id: 'mail', name: 'Sending e-mail', state: 'up' as const, tookMs: 12 },
        { ...monitor, id: 'database', name: 'Database', state: 'unknown' as const },
      ]),
    search: () => Promise.resolve({ rows: hits, more: true, warnings: [] }),
    settings: () => Promise.resolve({ file: '/etc/veilig/veilig.yaml', lines: settings }),
    mail: (filter: MailFilter) => {
      watch.mailFilter = filter
      return Promise.resolve(mail)
    },
    mailTemplate: (name: string) =>
      Promise.resolve(name === 'welcome' ? { ...template, ...broken } : template),
    mailPerson: () => Promise.resolve(person),
    silence: () => Promise.resolve(),
    lift: () => Promise.resolve(),
  }
  return watch
}

const open = {
  id: 12,
  origin: 'automatic',
  title: 'Reservations cannot be reached',
  components: ['application'],
  openedMs: nowMs - 6 * MINUTE_MS,
  resolvedMs: undefined,
  updates: [
    {
      atMs: nowMs - 6 * MINUTE_MS,
      kind: 'investigating',
      text: 'Our measurements no longer see this component answer.',
    },
  ],
}
const past = { ...open, id: 11, title: 'Mail was slow', resolvedMs: nowMs - MINUTE_MS }
const breach = {
  id: 'breach-2026-11-23-1',
  nature: 'A stolen password was used to read members',
  awareMs: nowMs - 40 * MINUTE_MS,
  closed: false,
  duties: [
    { recipient: 'tenant:tc-noord', dueMs: nowMs + 1400 * MINUTE_MS, doneMs: nowMs },
    { recipient: 'tenant:hockey-zuid', dueMs: nowMs + 1400 * MINUTE_MS, doneMs: undefined },
    { recipient: 'authority', dueMs: nowMs - 90 * MINUTE_MS, doneMs: undefined },
  ],
}
const monitor = {
  sinceMs: nowMs - 6 * MINUTE_MS,
  tookMs: undefined,
  reason: 'no answer within 5 s',
  availability: { lowest: 0.99912, highest: 0.99987 },
}
const hits = Array.from({ length: 4 }, (_, at) => ({
  timeMs: nowMs - at * MINUTE_MS,
  process: 'sql-gateway',
  sequence: 8000 - at,
  code: at === 2 ? 'DB_LOGIN_REFUSED' : 'DB_STATEMENT',
  person: 'club_app',
  address: '203.0.113.9',
  what:
    at === 2
      ? '{"reason":"password"}'
      : `select id, name, email, phone from member where club_id = ${at} order by name limit 5000`,
  rows: at === 2 ? undefined : 4812,
}))
const source = parseTemplate(`Subject: Baan {{court}} is voor u

# Dag {{name}}

Uw reservering staat: **{{day}}**, baan {{court}}. U speelt met drie anderen.

- neem gravelschoenen mee
- afzeggen kan tot een uur van tevoren

[Bekijk uw reservering]({{url:booking}})

Tot op de baan!
`)
const values = { court: '«court»', name: '«name»', day: '«day»', booking: 'https://localhost/' }
const template = {
  name: 'confirmation',
  language: 'nl',
  ...asItLeaves(render(source, 'nl', values, ['localhost']), 'nl', ['localhost']),
  fault: '',
  values: wanted(source),
  languages: ['en', 'fr', 'nl'],
}
const broken = { name: 'welcome', language: 'fr', subject: '', fault: 'begins with no Subject' }
const person = {
  victim: '0123456789abcdef0123456789abcdef',
  suppression: { reason: 'dead', status: '5.1.1', sinceMs: nowMs - 5e8 },
  left: ['application/zuiderpark/news'],
  sent: ['refused', 'delivered', 'delivered'].map((state, at) => ({
    atMs: nowMs - at * 31 * 60 * MINUTE_MS,
    category: at === 2 ? 'list' : 'transactional',
    list: at === 2 ? 'news' : 'transactional',
    tenant: 'zuiderpark',
    state,
    status: ['550 5.1.1', '250 2.0.0', '250'][at] ?? '',
  })),
}
const mail = {
  days: Array.from({ length: 30 }, (_, at) => ({
    day: new Date(nowMs - (29 - at) * 24 * 60 * MINUTE_MS).toISOString().slice(0, 10),
    accepted: 180 + ((at * 53) % 90),
    delivered: 168 + ((at * 53) % 90),
    bounced: at % 4,
    complaints: at % 11 === 0 ? 1 : 0,
  })),
  sources: [
    { source: '203.0.113.25', messages: 6120, passed: 6120 },
    { source: '198.51.100.7', messages: 44, passed: 0 },
  ],
  tls: [
    { reporter: 'mail.example', succeeded: 4120, failed: 0 },
    { reporter: 'post.example', succeeded: 310, failed: 6 },
  ],
  queued: 3,
  sent: ['delivered', 'queued', 'withheld', 'returned', 'refused'].map((state, at) => ({
    atMs: nowMs - at * 7 * MINUTE_MS,
    to: `${'jltkm'[at]}…@${at % 2 === 0 ? 'club.example' : 'mail.example'}`,
    state,
    status: ['250 2.0.0', '', '', '5.1.1', '550 5.7.1'][at] ?? '',
    category: at === 2 ? 'newsletter' : 'confirmation',
    tenant: 'zuiderpark',
    attempts: at === 1 ? 4 : 1,
  })),
  templates: [
    {
      name: 'confirmation',
      language: 'nl',
      subject: 'Baan «court» is voor u',
      fault: '',
    },
    broken,
  ],
  suppressions: [
    {
      victim: '0123456789abcdef0123456789abcdef',
      reason: 'bounce',
      status: '5.1.1',
      note: '',
      sinceMs: nowMs - 5e8,
    },
    {
      victim: 'fedcba9876543210fedcba9876543210',
      reason: 'staff',
      status: 'staff',
      note: 'asked for it by telephone',
      sinceMs: nowMs - 9e7,
    },
  ],
}
const settings = [
  { path: 'backup.retainDays', value: '30', standard: '90' },
  { path: 'detection.channels[0].url', value: '${env:PAGER_URL}', standard: undefined },
  { path: 'status.intervalSeconds', value: undefined, standard: '10' },
  { path: 'status.operator', value: 'Clubkit', standard: 'Demonstration club service' },
]

export const busyOverview: Overview = {
  claims: [
    {
      id: 'threat.detected',
      state: 'failing',
      sentence: 'Attacks on the database are detected as they happen.',
      ageMs: 9000,
    },
    {
      id: 'backup.pitr',
      state: 'stale',
      sentence: 'Data can be restored to any moment.',
      ageMs: 9e7,
    },
    {
      id: 'tls.enforced',
      state: 'proven',
      sentence: 'All requests use HTTPS.',
      ageMs: 4000,
    },
    { id: 'mail.spf', state: 'unproven', sentence: 'Mail has SPF.', ageMs: undefined },
  ],
  processes: [
    { name: 'backup', state: 'runs', sinceMs: nowMs - 9e7, restarts: 0 },
    { name: 'mail-gateway', state: 'ended', sinceMs: nowMs - 3e5, restarts: 3 },
    { name: 'sql-gateway', state: 'runs', sinceMs: nowMs - 9e7, restarts: 0 },
  ],
  backups: [
    { what: 'Newest full backup', value: '43 min ago, 38.2 MiB' },
    { what: 'Region amsterdam', value: '0.2 s behind' },
    { what: 'Region paris', value: '0.4 s behind' },
  ],
}
