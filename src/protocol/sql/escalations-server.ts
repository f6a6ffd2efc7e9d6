/**
 * Ways to the server itself: its programs and files, and code inside it.
 *
 * Sources: PostgreSQL manual (the command of each), PayloadsAllTheThings (PostgreSQL), sqlmap's
 * takeover module, CVE-2018-1058, CVE-2019-9193, CVE-2020-25695.
 *
 * @module
 */
import {
  calls,
  hasOption,
  namesIn,
  on,
  reads,
  routine,
  sets,
  type EscalationRow,
} from './escalation-matches.ts'
import { functionName, listOf } from './nodes.ts'
import type { Tree } from './parse.ts'

const C_LIKE = /^(c|internal|\w+u)$/
const LIBRARIES = /^(session_preload_libraries|local_preload_libraries|dynamic_library_path)$/
/** PostgreSQL itself lets the owner of a database install these: manual, appendix F. */
const TRUSTED = new RegExp(
  '^(btree_gin|btree_gist|citext|cube|dict_int|fuzzystrmatch|hstore|intarray|isn|lo|ltree|' +
    'pgcrypto|pg_trgm|plpgsql|seg|tablefunc|tcn|tsm_system_(rows|time)|unaccent|uuid-ossp)$',
)
const PAGES =
  /^(get_raw_page|heap_page_items?|heap_page_item_attrs|page_header|bt_page_items|pg_get_wal_\w+)$/

export const serverEscalations: readonly EscalationRow[] = [
  // Programs and files of the server.
  [
    'copy-program',
    'critical',
    'A program was to be run on the database server',
    `COPY t FROM PROGRAM 'id'`,
    on('CopyStmt', (node) => node['is_program'] === true),
  ],
  [
    'copy-file-read',
    'critical',
    'A file of the server was to be read by COPY',
    `COPY t FROM '/etc/passwd'`,
    on('CopyStmt', (node) => isFile(node) && node['is_from'] === true),
  ],
  [
    'copy-file-write',
    'critical',
    'A file of the server was to be written by COPY',
    `COPY t TO '/tmp/x'`,
    on('CopyStmt', (node) => isFile(node) && node['is_from'] !== true),
  ],
  [
    'server-file-read',
    'critical',
    'Files of the server were to be read',
    `SELECT pg_read_file('/etc/passwd')`,
    calls(/^pg_read_(binary_)?file$/),
  ],
  [
    'server-file-list',
    'high',
    'Folders of the server were to be listed',
    `SELECT pg_ls_dir('/')`,
    calls(/^pg_ls_\w*dir$/),
  ],
  [
    'server-file-stat',
    'high',
    'It was asked which files the server has',
    `SELECT pg_stat_file('/etc/passwd')`,
    calls(/^pg_stat_file$/),
  ],
  [
    'server-file-write',
    'critical',
    'Files of the server were to be written',
    `SELECT pg_file_write('x', 'y', false)`,
    calls(/^pg_file_\w+$/),
  ],
  [
    'server-log',
    'medium',
    'The place of the server’s log was asked',
    `SELECT pg_current_logfile()`,
    calls(/^pg_current_logfile$/),
  ],
  [
    'large-object-import',
    'critical',
    'A file was to become a large object',
    `SELECT lo_import('/etc/passwd')`,
    calls(/^lo_import$/),
  ],
  [
    'large-object-export',
    'critical',
    'A large object was to become a file',
    `SELECT lo_export(1, '/tmp/x')`,
    calls(/^lo_export$/),
  ],
  [
    'large-object-bytes',
    'medium',
    'Bytes were put into a large object',
    `SELECT lo_from_bytea(0, 'x')`,
    calls(/^(lo_from_bytea|lo_put|lowrite)$/),
  ],
  [
    'large-object-table',
    'critical',
    'Large objects were to be reached past their rights',
    `SELECT data FROM pg_largeobject`,
    reads(/^pg_largeobject$/),
  ],
  [
    'tablespace',
    'high',
    'A folder of the server was to become a tablespace',
    `CREATE TABLESPACE s LOCATION '/tmp'`,
    on('CreateTableSpaceStmt'),
  ],
  [
    'raw-pages',
    'high',
    'Pages of tables were to be read past their rights',
    `SELECT get_raw_page('t', 0)`,
    calls(PAGES),
  ],
  // Code.
  [
    'load-library',
    'critical',
    'A library was to be loaded into the server',
    `LOAD '/tmp/x.so'`,
    on('LoadStmt'),
  ],
  [
    'preload-library',
    'critical',
    'A library was to be loaded into later sessions',
    `SET local_preload_libraries = 'x'`,
    sets(LIBRARIES),
  ],
  [
    'untrusted-extension',
    'critical',
    'An extension that reaches the system was to be installed',
    `CREATE EXTENSION file_fdw`,
    on('CreateExtensionStmt', (node) => !TRUSTED.test(String(node['extname']))),
  ],
  [
    'extension-contents',
    'high',
    'An extension’s contents were to be changed',
    `ALTER EXTENSION x ADD FUNCTION f()`,
    on('AlterExtensionContentsStmt'),
  ],
  [
    'untrusted-language',
    'critical',
    'A language was to be installed',
    `CREATE LANGUAGE x HANDLER f`,
    on('CreatePLangStmt'),
  ],
  [
    'untrusted-code',
    'critical',
    'Code outside the database’s rules was to be installed',
    `CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/lib/libc.so.6', 'system'`,
    routine('language', C_LIKE),
  ],
  [
    'untrusted-block',
    'critical',
    'Code outside the database’s rules was to be run',
    `DO LANGUAGE plpython3u 'import os'`,
    on('DoStmt', (node) => hasOption(node, 'language', C_LIKE)),
  ],
  [
    'do-block',
    'medium',
    'An anonymous program was run in the database',
    `DO 'begin end'`,
    on('DoStmt'),
  ],
  [
    'security-definer',
    'high',
    'A function with its owner’s rights was to be made',
    `CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'select 1'`,
    routine('security', /true/),
  ],
  [
    'leakproof',
    'high',
    'A function was to be let past row security',
    `CREATE FUNCTION f(int) RETURNS bool LANGUAGE sql LEAKPROOF AS 'select true'`,
    routine('leakproof', /true/),
  ],
  [
    'catalogue-function',
    'critical',
    'A function was to be put among PostgreSQL’s own',
    `CREATE FUNCTION pg_catalog.f() RETURNS int LANGUAGE sql AS 'select 1'`,
    on('CreateFunctionStmt', (node) => namesIn(node['funcname'])[0] === 'pg_catalog'),
    on('AlterObjectSchemaStmt', (node) => node['newschema'] === 'pg_catalog'),
  ],
  [
    'server-hook',
    'critical',
    'Functions were to be called where the server calls its own',
    `CREATE ACCESS METHOD m TYPE TABLE HANDLER f`,
    on('CreateAmStmt'),
    on('CreateTransformStmt'),
    on('CreateConversionStmt'),
    on('CreateOpClassStmt'),
  ],
  [
    'cast',
    'medium',
    'A cast was to be made, which statements take unasked',
    `CREATE CAST (text AS int) WITH INOUT AS IMPLICIT`,
    on('CreateCastStmt'),
  ],
  [
    'operator',
    'medium',
    'An operator was to be made, which statements may take for PostgreSQL’s',
    `CREATE OPERATOR = (leftarg = text, rightarg = varchar, function = f)`,
    on('DefineStmt', (node) => node['kind'] === 'OBJECT_OPERATOR'),
  ],
  [
    'base-type',
    'critical',
    'A type with functions of its own was to be made',
    `CREATE TYPE x (input = f, output = g)`,
    on('DefineStmt', (node) => node['kind'] === 'OBJECT_TYPE'),
  ],
  [
    'rewrite-rule',
    'high',
    'Statements were to be rewritten by a rule',
    `CREATE RULE r AS ON SELECT TO t DO INSTEAD SELECT 1`,
    on('RuleStmt'),
  ],
  [
    'event-trigger',
    'high',
    'A trigger on commands was to be set',
    `CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()`,
    on('CreateEventTrigStmt'),
    on('AlterEventTrigStmt'),
  ],
  [
    'scheduled-job',
    'high',
    'A job was to be run by the server later',
    `SELECT cron.schedule('* * * * *', 'select 1')`,
    calls(/^schedule(_in_database)?$/),
  ],
  [
    'statement-in-text',
    'high',
    'A statement was to be run that stands in a text',
    `SELECT query_to_xml('select 1', true, false, '')`,
    calls(/^((query|cursor)_to_xml\w*|ts_stat|crosstab\w*|xpath_table)$/),
    on(
      'FuncCall',
      (node) => functionName(node) === 'ts_rewrite' && listOf(node['args']).length < 3,
    ),
  ],
  [
    'table-in-text',
    'high',
    'A table was to be read whose name stands in a text',
    `SELECT table_to_xml('members', true, false, '')`,
    calls(/^(table_to_xml\w*|connectby|dblink_build_sql_\w+)$/),
  ],
  [
    'column-statistics',
    'medium',
    'Values of columns were to be read from what the planner keeps of them',
    `SELECT most_common_vals FROM pg_stats`,
    reads(/^pg_(stats|stats_ext_exprs|statistic|statistic_ext_data)$/),
  ],
  [
    'whole-database',
    'critical',
    'The whole database was to be read by one call',
    `SELECT database_to_xml(true, false, '')`,
    calls(/^(database|schema)_to_xml\w*$/),
  ],
]

function isFile(node: Tree): boolean {
  return node['is_program'] !== true && node['filename'] !== undefined
}
