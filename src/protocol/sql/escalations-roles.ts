/**
 * Ways to become somebody else, and to be given more.
 *
 * Sources: PostgreSQL manual (the command of each), PayloadsAllTheThings (PostgreSQL), sqlmap's
 * takeover module, CVE-2018-1058, CVE-2019-9193, CVE-2020-25695.
 *
 * @module
 */
import {
  grantsRole,
  on,
  ownerChange,
  roleOption,
  sets,
  tableCommand,
  type EscalationRow,
} from './escalation-matches.ts'
import type { Tree } from './parse.ts'

const PREDEFINED = new RegExp(
  '^pg_(execute_server_program|(read|write)_server_files|read_all|write_all|maint|signal|' +
    'checkpoint|create_sub|database_owner|monitor|use_reserved)',
)
const PUBLIC = 'ROLESPEC_PUBLIC'

export const roleEscalations: readonly EscalationRow[] = [
  // Becoming somebody else.
  [
    'set-role',
    'high',
    'A session was to become another role',
    `SET ROLE postgres`,
    sets(/^role$/, 'unknown'),
  ],
  [
    'session-authorization',
    'critical',
    'A session was to become another user',
    `SET SESSION AUTHORIZATION postgres`,
    sets(/^session_authorization$/),
  ],
  [
    'role-superuser',
    'critical',
    'A role was to become superuser',
    `ALTER ROLE app SUPERUSER`,
    roleOption('superuser'),
  ],
  [
    'role-createrole',
    'critical',
    'A role was to be let make roles',
    `CREATE ROLE x CREATEROLE`,
    roleOption('createrole'),
  ],
  [
    'role-createdb',
    'medium',
    'A role was to be let make databases',
    `ALTER ROLE app CREATEDB`,
    roleOption('createdb'),
  ],
  [
    'role-bypassrls',
    'critical',
    'A role was to be let past row security',
    `ALTER ROLE app BYPASSRLS`,
    roleOption('bypassrls'),
  ],
  [
    'role-replication',
    'critical',
    'A role was to be let read all changes',
    `ALTER ROLE app REPLICATION`,
    roleOption('isreplication'),
  ],
  [
    'role-password',
    'high',
    'The password of a role was to be changed',
    `ALTER ROLE app PASSWORD 'x'`,
    roleOption('password', 'AlterRoleStmt'),
  ],
  [
    'role-made',
    'high',
    'A role that may log in was to be made',
    `CREATE ROLE x LOGIN`,
    roleOption('canlogin', 'CreateRoleStmt'),
  ],
  [
    'role-members',
    'high',
    'A role was to be made with the rights of another',
    `CREATE ROLE x IN ROLE postgres`,
    roleOption('addroleto'),
    roleOption('rolemembers'),
    roleOption('adminmembers'),
  ],
  [
    'role-renamed',
    'high',
    'A role was to be renamed',
    `ALTER ROLE app RENAME TO x`,
    on('RenameStmt', (node) => node['renameType'] === 'OBJECT_ROLE'),
  ],
  [
    'owner-change',
    'high',
    'Something was to be given another owner',
    `ALTER FUNCTION f() OWNER TO postgres`,
    on('AlterOwnerStmt'),
    tableCommand(/^AT_ChangeOwner$/, ownerChange),
  ],
  [
    'reassign-owned',
    'critical',
    'All that a role owns was to be given to another',
    `REASSIGN OWNED BY app TO x`,
    on('ReassignOwnedStmt'),
  ],
  // Rights.
  [
    'grant-predefined',
    'critical',
    'A role was to be given one of PostgreSQL’s own roles',
    `GRANT pg_execute_server_program TO app`,
    grantsRole(PREDEFINED),
  ],
  ['grant-role', 'high', 'A role was to be given another', `GRANT admins TO app`, grantsRole(/./)],
  [
    'grant-public',
    'medium',
    'A right was given to everybody',
    `GRANT SELECT ON t TO PUBLIC`,
    on('GrantStmt', (node) => isGrant(node) && JSON.stringify(node['grantees']).includes(PUBLIC)),
  ],
  [
    'grant-option',
    'high',
    'A right was given to be passed on',
    `GRANT SELECT ON t TO app WITH GRANT OPTION`,
    on('GrantStmt', (node) => isGrant(node) && node['grant_option'] === true),
  ],
  [
    'grant-everything',
    'high',
    'Rights to all tables were given',
    `GRANT ALL ON ALL TABLES IN SCHEMA public TO app`,
    on('GrantStmt', (node) => isGrant(node) && node['targtype'] === 'ACL_TARGET_ALL_IN_SCHEMA'),
  ],
  [
    'grant-parameter',
    'critical',
    'A role was to be let change the server’s settings',
    `GRANT ALTER SYSTEM ON PARAMETER work_mem TO app`,
    on('GrantStmt', (node) => isGrant(node) && node['objtype'] === 'OBJECT_PARAMETER_ACL'),
  ],
  [
    'default-rights',
    'high',
    'Rights to what will be made were given',
    `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app`,
    on('AlterDefaultPrivilegesStmt'),
  ],
]

function isGrant(node: Tree): boolean {
  return node['is_grant'] === true
}
