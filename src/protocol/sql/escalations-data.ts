/**
 * Ways round the safeties, to secrets, to other databases, to all the data.
 *
 * Sources: PostgreSQL manual (the command of each), PayloadsAllTheThings (PostgreSQL), sqlmap's
 * takeover module, CVE-2018-1058, CVE-2019-9193, CVE-2020-25695.
 *
 * @module
 */
import {
  calls,
  hasOption,
  on,
  reads,
  sets,
  tableCommand,
  type EscalationRow,
} from './escalation-matches.ts'
import { textOf } from './nodes.ts'
import type { Tree } from './parse.ts'

const LOGGING = /^(log_\w+|pgaudit\.\w+|auto_explain\.\w+)$/

export const dataEscalations: readonly EscalationRow[] = [
  // Other databases.
  [
    'dblink-connect',
    'high',
    'The database was to connect to another',
    `SELECT dblink_connect('host=evil')`,
    calls(/^dblink_(connect|connect_u|open|disconnect)$/),
  ],
  [
    'dblink-run',
    'high',
    'A statement was to be run through another connection',
    `SELECT * FROM dblink('host=evil', 'select 1') AS t(x int)`,
    calls(/^dblink(_exec|_send_query|_fetch|_get_result)?$/),
  ],
  [
    'foreign-wrapper',
    'critical',
    'A way to foreign data was to be made',
    `CREATE FOREIGN DATA WRAPPER w`,
    on('CreateFdwStmt'),
    on('AlterFdwStmt'),
  ],
  [
    'foreign-server',
    'high',
    'Another server was to be made known',
    `CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw`,
    on('CreateForeignServerStmt'),
    on('AlterForeignServerStmt'),
  ],
  [
    'foreign-account',
    'high',
    'A password for another server was to be kept',
    `CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'x')`,
    on('CreateUserMappingStmt'),
    on('AlterUserMappingStmt'),
  ],
  [
    'foreign-schema',
    'high',
    'Tables of another server were to be taken over',
    `IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public`,
    on('ImportForeignSchemaStmt'),
  ],
  [
    'foreign-file',
    'critical',
    'A file or program was to be read as a table',
    `CREATE FOREIGN TABLE f (x text) SERVER s OPTIONS (program 'id')`,
    on(
      'CreateForeignTableStmt',
      (node) => hasOption(node, 'program', /./) || hasOption(node, 'filename', /./),
    ),
  ],
  [
    'foreign-table',
    'medium',
    'A table of another server was to be made',
    `CREATE FOREIGN TABLE f (x text) SERVER s`,
    on('CreateForeignTableStmt'),
  ],
  // Settings and safeties.
  [
    'alter-system',
    'critical',
    'The server’s configuration was to be changed',
    `ALTER SYSTEM SET archive_command = 'id'`,
    on('AlterSystemStmt'),
  ],
  [
    'reload',
    'high',
    'The server was to take a changed configuration',
    `SELECT pg_reload_conf()`,
    calls(/^pg_reload_conf$/),
  ],
  [
    'role-setting',
    'high',
    'Settings of a role were to be changed for later sessions',
    `ALTER ROLE app SET work_mem = '1GB'`,
    on('AlterRoleSetStmt'),
  ],
  [
    'database-setting',
    'high',
    'Settings of a database were to be changed for later sessions',
    `ALTER DATABASE d SET x.y = 'z'`,
    on('AlterDatabaseSetStmt'),
  ],
  [
    'record-off',
    'critical',
    'The server’s own record was to be switched off',
    `SET pgaudit.log = 'none'`,
    sets(LOGGING),
  ],
  [
    'traces-erased',
    'high',
    'Counts of what was done were to be erased',
    `SELECT pg_stat_statements_reset()`,
    calls(/^pg_stat\w*_reset\w*$/),
  ],
  [
    'audit-dropped',
    'critical',
    'The server’s own audit was to be removed',
    `DROP EXTENSION pgaudit`,
    on(
      'DropStmt',
      (node) =>
        node['removeType'] === 'OBJECT_EXTENSION' &&
        /pgaudit|pg_stat_statements/.test(JSON.stringify(node['objects'])),
    ),
  ],
  [
    'row-security-off',
    'high',
    'Row security was to be switched off for the session',
    `SET row_security = off`,
    sets(/^row_security$/),
  ],
  [
    'triggers-off',
    'high',
    'Triggers and foreign keys were to be switched off',
    `SET session_replication_role = replica`,
    sets(/^session_replication_role$/),
  ],
  [
    'trigger-disabled',
    'high',
    'A trigger was to be switched off',
    `ALTER TABLE t DISABLE TRIGGER ALL`,
    tableCommand(/^AT_DisableTrig/),
  ],
  [
    'system-tables-open',
    'critical',
    'PostgreSQL’s own tables were to be opened to changes',
    `SET allow_system_table_mods = on`,
    sets(/^allow_system_table_mods$/),
  ],
  [
    'checks-off',
    'medium',
    'The checking of functions was to be switched off',
    `SET check_function_bodies = off`,
    sets(/^check_function_bodies$/),
  ],
  [
    'row-security',
    'high',
    'Row security of a table was to be changed',
    `ALTER TABLE t DISABLE ROW LEVEL SECURITY`,
    tableCommand(/RowSecurity/i),
  ],
  [
    'policy',
    'high',
    'A rule of row security was to be changed',
    `CREATE POLICY p ON t USING (true)`,
    on('CreatePolicyStmt'),
    on('AlterPolicyStmt'),
    on('DropStmt', (node) => node['removeType'] === 'OBJECT_POLICY'),
  ],
  // Secrets.
  [
    'password-hashes',
    'critical',
    'The table of passwords was to be read',
    `SELECT rolpassword FROM pg_authid`,
    reads(/^pg_(authid|shadow)$/),
  ],
  [
    'foreign-passwords',
    'critical',
    'Passwords for other servers were to be read',
    `SELECT umoptions FROM pg_user_mapping`,
    reads(/^pg_user_mappings?$/),
  ],
  [
    'replication-passwords',
    'critical',
    'Passwords for replication were to be read',
    `SELECT subconninfo FROM pg_subscription`,
    reads(/^pg_subscription$/),
  ],
  [
    'server-rules',
    'high',
    'It was asked who may connect, and how',
    `SELECT * FROM pg_hba_file_rules`,
    reads(/^pg_(hba_file_rules|file_settings|ident_file_mappings)$/),
    calls(/^pg_(hba_file_rules|show_all_file_settings)$/),
  ],
  [
    'catalogue-write',
    'critical',
    'PostgreSQL’s own tables were to be written',
    `UPDATE pg_catalog.pg_class SET relacl = null`,
    on('InsertStmt', writesCatalogue),
    on('UpdateStmt', writesCatalogue),
    on('DeleteStmt', writesCatalogue),
  ],
  // All the data, and the server itself.
  [
    'replication-slot',
    'critical',
    'A stream of all changes was to be kept',
    `SELECT pg_create_logical_replication_slot('s', 'pgoutput')`,
    calls(/^pg_(create|drop|copy)_\w*replication_slot$|^pg_replication_\w+$/),
  ],
  [
    'replication-read',
    'critical',
    'All changes were to be read from a slot',
    `SELECT * FROM pg_logical_slot_get_changes('s', null, null)`,
    calls(/^pg_logical_(slot|emit)_\w+$/),
  ],
  [
    'publication',
    'high',
    'Changes were to be published',
    `CREATE PUBLICATION p FOR ALL TABLES`,
    on('CreatePublicationStmt'),
    on('AlterPublicationStmt'),
  ],
  [
    'subscription',
    'critical',
    'Another server’s changes were to be taken in',
    `CREATE SUBSCRIPTION s CONNECTION 'host=evil' PUBLICATION p`,
    on('CreateSubscriptionStmt'),
    on('AlterSubscriptionStmt'),
  ],
  [
    'database-copy',
    'high',
    'A whole database was to be copied',
    `CREATE DATABASE x TEMPLATE club`,
    on('CreatedbStmt', (node) => hasOption(node, 'template', /./)),
  ],
  [
    'backup-mode',
    'high',
    'The server was to be made ready to be copied',
    `SELECT pg_backup_start('x')`,
    calls(/^pg_(backup_start|backup_stop|start_backup|stop_backup)$/),
  ],
  [
    'sessions-ended',
    'medium',
    'Other sessions were to be ended',
    `SELECT pg_terminate_backend(1)`,
    calls(/^pg_terminate_backend$/),
  ],
  [
    'server-control',
    'high',
    'The server was to be controlled',
    `SELECT pg_promote()`,
    calls(/^pg_(promote|switch_wal|rotate_logfile|wal_replay_\w+)$/),
  ],
]

function writesCatalogue(node: Tree): boolean {
  const relation = node['relation'] as Tree | undefined
  if (relation?.['schemaname'] === 'pg_catalog') return true
  return /^pg_[a-z]/.test(textOf(relation?.['relname']))
}
