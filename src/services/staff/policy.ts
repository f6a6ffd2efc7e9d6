/**
 * Who may do what. What each address asks for is the other table, in `doors.ts`.
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
  | 'mail.see'
  | 'mail.change'
  | 'approvals.see'
  | 'approvals.ask'
  | 'approvals.approve'
  | 'outside.see'
  | 'outside.manage'

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
    'mail.see',
    'mail.change',
    'approvals.see',
    'approvals.ask',
    'approvals.approve',
    'outside.see',
    'outside.manage',
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
    'mail.see',
    'mail.change',
    'approvals.see',
    'approvals.ask',
    'approvals.approve',
    'outside.see',
    'outside.manage',
  ],
  // Answers customers: sees what is wrong, and neither what was recorded of people nor settings.
  support: [
    'overview.see',
    'access.request',
    'account.own',
    'alerts.see',
    'incidents.see',
    'mail.see',
  ],
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
    'mail.see',
    'approvals.see',
    'outside.see',
  ],
  probe: [],
}

/** Roles a person can be invited as. */
export const invitedRoles = ['owner', 'operator', 'support', 'auditor'] as const

export function may(role: Role, permission: Permission): boolean {
  return permissions[role].includes(permission)
}

/** Wrong second proofs after which the login starts again. */
export const SECOND_TRIES_MAX = 5
export const RECOVERY_CODES = 10
