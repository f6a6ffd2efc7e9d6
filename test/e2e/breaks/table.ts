/**
 * For every claim, how its control is broken in a running ring. `breaks.test.ts` holds the table to
 * the table of claims, and `whole-ring.long.test.ts` goes through it.
 */
import { zodVersion } from './zod-version.ts'
import { altered, frozen, setting, type Break } from './break.ts'
import {
  alteredRecord,
  bareCookie,
  damagedAndDrilled,
  forgedReceipt,
  listening,
  missingCopy,
  oldSecret,
  overdueNotice,
  plainContent,
  plainObject,
  secretInSource,
  uncountedLogins,
  vulnerability,
  weakPolicy,
} from './by-hand.ts'

const CONTROL = 'veilig'
const forgetful = `
  create function "mail-gateway".forget() returns trigger language plpgsql as
    'begin new.stopped_at = null; return new; end';
  create trigger forget before update on "mail-gateway".subscription
    for each row execute function "mail-gateway".forget();`

export const breaks: Readonly<Record<string, Break>> = {
  'access.network': setting(
    'the allow-list is open to all of this machine',
    'sqlGateway',
    { allow: ['127.0.0.0/8', '::1'] },
    ['sql-gateway'],
  ),
  'access.auth': setting('TLS is not required', 'sqlGateway', { tlsRequired: false }, [
    'sql-gateway',
  ]),
  'access.roles': altered(
    'protected',
    'postgres',
    'alter role reservations_app createdb',
    'alter role reservations_app nocreatedb',
  ),
  'backup.schedule': frozen('backup'),
  'backup.encrypted': plainObject,
  'backup.georedundant': missingCopy,
  'backup.pitr': damagedAndDrilled,
  'backup.verified': forgedReceipt,
  'backup.retention': setting(
    'copies are kept thirty days and not ninety',
    'backup',
    { retainDays: 30 },
    ['backup', 'prober'],
  ),
  'audit.complete': alteredRecord,
  'threat.detected': frozen('detection', ['threat.alerted']),
  'threat.alerted': setting(
    'no channel takes the alert',
    'detection',
    { channels: [{ kind: 'file', drills: false }] },
    ['detection'],
  ),
  'breach.notice': overdueNotice,
  'tls.enforced': plainContent,
  'tls.versions': setting(
    'TLS 1.0 is spoken',
    'webGateway',
    { tls: { policy: 'legacy' } },
    ['web-gateway'],
    ['tls.grade'],
  ),
  'tls.grade': setting(
    'HTTPS is remembered for less than half a year',
    'webGateway',
    { headers: { strictTransportSecurity: 'max-age=15000000' } },
    ['web-gateway'],
    ['headers.present', 'headers.grade'],
  ),
  'headers.present': setting(
    'a content security policy that says nothing of scripts',
    'webGateway',
    { headers: { contentSecurityPolicy: "frame-ancestors 'self'" } },
    ['web-gateway'],
  ),
  'headers.grade': weakPolicy,
  'login.lockout': uncountedLogins,
  'cookies.secure': bareCookie,
  'payments.redirect': altered(
    'control',
    CONTROL,
    `insert into payments.payment (id, tenant, reference, idempotency_key, state, amount, currency,
       created_at, body) values (gen_random_uuid(), 'test', 'unpaid', 'unpaid', 'paid', 100, 'EUR',
       now(), '{}')`,
    `delete from payments.payment where tenant = 'test'`,
  ),
  'payments.nocard': setting(
    'the form is turned away before it is read',
    'webGateway',
    { rateLimits: [{ path: '/veilig-probe', perMinute: 0.01, burst: 1 }] },
    ['web-gateway'],
  ),
  'mail.unsubscribe': altered(
    'control',
    CONTROL,
    forgetful,
    'drop function "mail-gateway".forget() cascade',
  ),
  'mail.ratelimit': setting(
    'a person may get fifty mails an hour',
    'mailGateway',
    { victim: { perHour: 50, perDay: 100 } },
    ['mail-gateway', 'prober'],
  ),
  'staff.leastprivilege': altered(
    'protected',
    'postgres',
    `create role jan login password 'for-ever-and-a-day'`,
    'drop role jan',
  ),
  'staff.isolation': listening,
  'staff.nosecrets': secretInSource,
  'status.public': frozen('status'),
  'updates.patched': vulnerability(zodVersion),
  'credentials.rotated': oldSecret,
  'credentials.twofactor': altered(
    'control',
    CONTROL,
    `insert into staff.account (name, role, state) values ('half@club.example', 'support', 'active')`,
    `delete from staff.account where name = 'half@club.example'`,
  ),
}

/**
 * What a ring on one machine without a name of its own cannot have proven, so cannot break either.
 * `elsewhere.long.test.ts` breaks them with a DNS of its own, over the same way to the page.
 */
export const elsewhere: Readonly<Record<string, string>> = {
  'tls.transparency': 'public registers take no certificate of a local authority',
  'mail.spf': 'reservations.example is nobody’s domain, so there is no DNS to ask',
  'mail.dkim': 'reservations.example is nobody’s domain, so there is no DNS to ask',
  'mail.dmarc': 'reservations.example is nobody’s domain, so there is no DNS to ask',
}
