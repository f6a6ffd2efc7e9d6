/**
 * Who may do what, and what each address of the console asks for: the two tables of the service.
 *
 * @module
 */

export type Role = 'owner' | 'operator' | 'support' | 'auditor' | 'probe'

export type Permission =
  | 'overview.see'
  | 'access.request'
  | 'access.write'
  | 'access.approve'
  | 'staff.see'
  | 'staff.manage'
  | 'account.own'
  | 'alerts.see'
  | 'alerts.acknowledge'
  | 'incidents.see'
  | 'incidents.write'
  | 'breaches.see'
  | 'audit.search'
  | 'settings.see'

/** Least privilege: what is not named here may not be done. `probe`, the prober's, may nothing. */
export const permissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: [
    'overview.see',
    'access.request',
    'access.write',
    'access.approve',
    'staff.see',
    'staff.manage',
    'account.own',
    'alerts.see',
    'alerts.acknowledge',
    'incidents.see',
    'incidents.write',
    'breaches.see',
    'audit.search',
    'settings.see',
  ],
  operator: [
    'overview.see',
    'access.request',
    'access.write',
    'access.approve',
    'staff.see',
    'account.own',
    'alerts.see',
    'alerts.acknowledge',
    'incidents.see',
    'incidents.write',
    'breaches.see',
    'audit.search',
    'settings.see',
  ],
  // Answers customers: sees what is wrong, and neither what was recorded of people nor settings.
  support: ['overview.see', 'access.request', 'account.own', 'alerts.see', 'incidents.see'],
  // Reads everything and changes nothing.
  auditor: [
    'overview.see',
    'staff.see',
    'account.own',
    'alerts.see',
    'incidents.see',
    'breaches.see',
    'audit.search',
    'settings.see',
  ],
  probe: [],
}

/** Roles a person can be invited as. */
export const invitedRoles = ['owner', 'operator', 'support', 'auditor'] as const

/**
 * How far somebody has come: nobody yet, password shown and second proof not, invited and second
 * proof to be set up, or signed in.
 */
export type Stage = 'password' | 'enrol' | 'full'

/** What an address asks for. `locked`: attempts are counted before any is looked at. */
export type Demand =
  | { readonly stage: 'nobody'; readonly locked: boolean }
  | { readonly stage: 'password' | 'enrol'; readonly locked: boolean }
  | { readonly stage: 'full'; readonly permission: Permission }

export type RouteName =
  | 'GET /login'
  | 'POST /login'
  | 'POST /login/passkey/options'
  | 'POST /login/passkey'
  | 'GET /second'
  | 'POST /second'
  | 'GET /invitation/:token'
  | 'POST /invitation'
  | 'GET /enrol'
  | 'POST /enrol/totp'
  | 'POST /enrol/passkey/options'
  | 'POST /enrol/passkey'
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
  | 'GET /live'
  | 'GET /access'
  | 'POST /access/request'
  | 'POST /access/start'
  | 'POST /access/end'
  | 'POST /access/approve'
  | 'GET /staff'
  | 'POST /staff/invite'
  | 'POST /staff/disable'
  | 'GET /account'
  | 'POST /account/end-session'
  | 'POST /logout'

const open: Demand = { stage: 'nobody', locked: false }
const full = (permission: Permission): Demand => ({ stage: 'full', permission })

/** Every address there is; the server has no other. A test walks through them all. */
export const routes: Readonly<Record<RouteName, Demand>> = {
  'GET /login': open,
  'POST /login': { stage: 'nobody', locked: true },
  'POST /login/passkey/options': open,
  'POST /login/passkey': { stage: 'nobody', locked: true },
  'GET /second': { stage: 'password', locked: false },
  'POST /second': { stage: 'password', locked: true },
  'GET /invitation/:token': open,
  'POST /invitation': { stage: 'nobody', locked: true },
  'GET /enrol': { stage: 'enrol', locked: false },
  'POST /enrol/totp': { stage: 'enrol', locked: true },
  'POST /enrol/passkey/options': { stage: 'enrol', locked: false },
  'POST /enrol/passkey': { stage: 'enrol', locked: true },
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
  'GET /live': full('overview.see'),
  'GET /access': full('access.request'),
  'POST /access/request': full('access.request'),
  'POST /access/start': full('access.request'),
  'POST /access/end': full('access.request'),
  'POST /access/approve': full('access.approve'),
  'GET /staff': full('staff.see'),
  'POST /staff/invite': full('staff.manage'),
  'POST /staff/disable': full('staff.manage'),
  'GET /account': full('account.own'),
  'POST /account/end-session': full('account.own'),
  'POST /logout': full('account.own'),
}

export function may(role: Role, permission: Permission): boolean {
  return permissions[role].includes(permission)
}

/** Wrong second proofs after which the login starts again. */
export const SECOND_TRIES_MAX = 5
export const RECOVERY_CODES = 10
