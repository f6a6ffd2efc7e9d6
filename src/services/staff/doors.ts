/**
 * Every address of the console, and what each asks for: the one table that the server is made from.
 *
 * An address that is not here does not exist. One that looks at a proof is counted before it looks:
 * the lock is no column that could be forgotten, it follows from `evaluates`. What may begin a
 * session says which; the guard refuses to hand out any other.
 *
 * @module
 */
import type { Permission } from './policy.ts'

/**
 * How far somebody has come: password shown and second proof not, invited and second proof to be
 * set up, or signed in.
 */
export type Stage = 'password' | 'enrol' | 'full'

/**
 * What an address looks at. A passkey with user verification is two proofs; so is a notice's link
 * (the mailbox) together with a code.
 */
export type Proof =
  | 'password'
  | 'passkey'
  | 'code'
  | 'invitation'
  | 'provider'
  | 'notice'
  | 'notice-and-code'
  | 'link'
  | 'hook'

export type Demand = {
  readonly stage: 'nobody' | Stage
  /** Attempts are counted, and refused when there were too many, before it is looked at. */
  readonly evaluates?: Proof
  /** The sessions its answer may begin; none unless said. */
  readonly leadsTo?: readonly Stage[]
  readonly permission?: Permission
  /** The second proof must have been shown within the last minutes. */
  readonly stepUp?: true
  /** Nobody but a second person: what it confirms was asked for by somebody else. */
  readonly persons?: 2
  /** Asked by a program, that signs what it says: it has no page, no session and no cookie. */
  readonly program?: true
}

const open = { stage: 'nobody' } as const
const full = (permission: Permission): Demand => ({ stage: 'full', permission })
/** For acts that a stolen session must not do. */
const fresh = (permission: Permission): Demand => ({ stage: 'full', permission, stepUp: true })

export type RouteName =
  | 'GET /console.css'
  | 'GET /passkey.js'
  | 'GET /console.js'
  | 'GET /login'
  | 'POST /login'
  | 'POST /login/passkey/options'
  | 'POST /login/passkey'
  | 'GET /login/provider'
  | 'GET /login/provider/back'
  | 'GET /second'
  | 'POST /second'
  | 'GET /not-me/:token'
  | 'POST /not-me'
  | 'POST /renew'
  | 'GET /invitation/:token'
  | 'POST /invitation'
  | 'GET /enrol'
  | 'POST /enrol/totp'
  | 'POST /enrol/passkey/options'
  | 'POST /enrol/passkey'
  | 'GET /prove'
  | 'POST /prove'
  | 'POST /prove/passkey/options'
  | 'POST /prove/passkey'
  | 'GET /'
  | 'GET /recovery'
  | 'GET /alerts'
  | 'GET /alerts/:id'
  | 'POST /alerts/acknowledge'
  | 'GET /incidents'
  | 'POST /incidents/open'
  | 'POST /incidents/update'
  | 'GET /audit'
  | 'GET /claims'
  | 'GET /monitors'
  | 'GET /settings'
  | 'GET /mail'
  | 'GET /mail/template'
  | 'GET /mail/template/face'
  | 'POST /mail/person'
  | 'POST /mail/silence'
  | 'POST /mail/lift'
  | 'GET /live'
  | 'GET /access'
  | 'POST /access/request'
  | 'POST /access/start'
  | 'POST /access/end'
  | 'POST /access/approve'
  | 'GET /access/link/:token'
  | 'POST /access/link'
  | 'POST /access/hook'
  | 'GET /approvals'
  | 'POST /approvals/ask'
  | 'POST /approvals/approve'
  | 'POST /approvals/withdraw'
  | 'GET /outside'
  | 'POST /outside/keep'
  | 'POST /outside/review'
  | 'POST /outside/remove'
  | 'GET /staff'
  | 'POST /staff/invite'
  | 'POST /staff/disable'
  | 'GET /account'
  | 'POST /account/end-session'
  | 'POST /account/end-others'
  | 'POST /account/passkey/options'
  | 'POST /account/passkey'
  | 'POST /account/passkey/remove'
  | 'POST /account/codes'
  | 'POST /account/password'
  | 'POST /logout'

/** The server registers these, in this order, and no other. */
export const routes: Readonly<Record<RouteName, Demand>> = {
  'GET /console.css': open,
  'GET /passkey.js': open,
  'GET /console.js': open,
  'GET /login': open,
  'POST /login': { stage: 'nobody', evaluates: 'password', leadsTo: ['password'] },
  'POST /login/passkey/options': open,
  'POST /login/passkey': { stage: 'nobody', evaluates: 'passkey', leadsTo: ['full'] },
  'GET /login/provider': open,
  // Full only when the provider says that it saw two proofs; else our own second proof is next.
  'GET /login/provider/back': {
    stage: 'nobody',
    evaluates: 'provider',
    leadsTo: ['password', 'full'],
  },
  'GET /second': { stage: 'password' },
  'POST /second': { stage: 'password', evaluates: 'code', leadsTo: ['full'] },
  'GET /not-me/:token': open,
  'POST /not-me': { stage: 'nobody', evaluates: 'notice' },
  'POST /renew': { stage: 'nobody', evaluates: 'notice-and-code' },
  'GET /invitation/:token': open,
  'POST /invitation': { stage: 'nobody', evaluates: 'invitation', leadsTo: ['enrol'] },
  'GET /enrol': { stage: 'enrol' },
  'POST /enrol/totp': { stage: 'enrol', evaluates: 'code', leadsTo: ['full'] },
  'POST /enrol/passkey/options': { stage: 'enrol' },
  'POST /enrol/passkey': { stage: 'enrol', evaluates: 'passkey', leadsTo: ['full'] },
  'GET /prove': full('account.own'),
  'POST /prove': { ...full('account.own'), evaluates: 'code', leadsTo: ['full'] },
  'POST /prove/passkey/options': full('account.own'),
  'POST /prove/passkey': { ...full('account.own'), evaluates: 'passkey', leadsTo: ['full'] },
  'GET /': full('overview.see'),
  'GET /recovery': full('overview.see'),
  'GET /alerts': full('alerts.see'),
  'GET /alerts/:id': full('alerts.see'),
  'POST /alerts/acknowledge': full('alerts.acknowledge'),
  'GET /incidents': full('incidents.see'),
  'POST /incidents/open': full('incidents.write'),
  'POST /incidents/update': full('incidents.write'),
  'GET /audit': full('audit.search'),
  'GET /claims': full('overview.see'),
  'GET /monitors': full('overview.see'),
  'GET /settings': full('settings.see'),
  'GET /mail': full('mail.see'),
  'GET /mail/template': full('mail.see'),
  'GET /mail/template/face': full('mail.see'),
  'POST /mail/person': full('mail.see'),
  'POST /mail/silence': full('mail.change'),
  'POST /mail/lift': full('mail.change'),
  'GET /live': full('overview.see'),
  'GET /access': full('access.request'),
  'POST /access/request': full('access.request'),
  'POST /access/start': fresh('access.request'),
  'POST /access/end': full('access.request'),
  'POST /access/approve': { ...fresh('access.approve'), persons: 2 },
  'GET /access/link/:token': open,
  'POST /access/link': { stage: 'nobody', evaluates: 'link', persons: 2 },
  'POST /access/hook': { stage: 'nobody', evaluates: 'hook', persons: 2, program: true },
  'GET /approvals': full('approvals.see'),
  'POST /approvals/ask': fresh('approvals.ask'),
  'POST /approvals/approve': { ...fresh('approvals.approve'), persons: 2 },
  'POST /approvals/withdraw': full('approvals.ask'),
  'GET /outside': full('outside.see'),
  'POST /outside/keep': full('outside.manage'),
  'POST /outside/review': full('outside.manage'),
  'POST /outside/remove': fresh('outside.manage'),
  'GET /staff': full('staff.see'),
  'POST /staff/invite': fresh('staff.manage'),
  'POST /staff/disable': fresh('staff.manage'),
  'GET /account': full('account.own'),
  'POST /account/end-session': full('account.own'),
  'POST /account/end-others': full('account.own'),
  'POST /account/passkey/options': fresh('account.own'),
  'POST /account/passkey': { ...fresh('account.own'), evaluates: 'passkey' },
  'POST /account/passkey/remove': fresh('account.own'),
  'POST /account/codes': fresh('account.own'),
  'POST /account/password': fresh('account.own'),
  'POST /logout': full('account.own'),
}

/** Proofs that are two in one. */
const two: ReadonlySet<Proof | undefined> = new Set<Proof>(['passkey', 'provider'])

/** Where a form was, when its act must wait for the second proof: '/staff/invite' → '/staff'. */
export function pageOf(name: RouteName): string {
  const page = `/${name.split('/')[1] ?? ''}`
  return `GET ${page}` in routes ? page : '/'
}

/** @returns Why this line of the table would let somebody past the lock or the second proof. */
export function faultsOf(name: string, demand: Demand): readonly string[] {
  const { stage, evaluates, leadsTo = [], permission, stepUp, persons, program } = demand
  const changes = name.startsWith('POST ')
  const afterFirst = stage !== 'nobody' && evaluates === 'code'
  const rules: readonly (readonly [string, boolean])[] = [
    ['a session from an address that looks at no proof', leadsTo.length > 0 && !evaluates],
    [
      'a program that signs nothing, or is let in',
      (program === true) !== (evaluates === 'hook') || (program === true && leadsTo.length > 0),
    ],
    ['signed in with one proof', leadsTo.includes('full') && !two.has(evaluates) && !afterFirst],
    ['behind the door without a permission', (stage === 'full') !== (permission !== undefined)],
    ['a second person where nothing is done', persons === 2 && !changes],
    [
      'a second person without a proof of who it is',
      persons === 2 && stepUp !== true && evaluates === undefined,
    ],
    [
      'step-up where nothing is done, or before the door',
      stepUp === true && (!changes || stage !== 'full'),
    ],
    [
      'a proof looked at on a visit',
      !changes && evaluates !== undefined && evaluates !== 'provider',
    ],
  ]
  return rules.flatMap(([fault, broken]) => (broken ? [`${name}: ${fault}`] : []))
}
