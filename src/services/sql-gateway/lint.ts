/**
 * What is weak in a PostgreSQL server behind the gateway: a table of checks, each a question to the
 * catalogue, a sentence for every answer, and the statement or line that mends it. No I/O.
 *
 * Sources: PostgreSQL documentation, "Client Authentication", "Database Roles", "Privileges",
 * "Writing SECURITY DEFINER Functions Safely"; CIS PostgreSQL Benchmark, sections 3 to 6.
 *
 * @module
 */

export type LintSeverity = 'high' | 'medium' | 'low'

export type LintFinding = {
  /** Stable: `role.superuser`. */
  readonly id: string
  readonly severity: LintSeverity
  readonly database: string
  /** What is found, by name. */
  readonly thing: string
  readonly sentence: string
  readonly mend: string
}

type Check = {
  readonly id: string
  readonly severity: LintSeverity
  /** Asked once, or in each database. */
  readonly scope: 'server' | 'database'
  /** Gives `thing`, and what `mend` needs as `a`: quoted where it is a name. */
  readonly sql: string
  readonly sentence: (thing: string) => string
  readonly mend: (a: string) => string
}

/** Answers of the server, as text. */
export type LintRow = { readonly thing: string; readonly a: string }
export type LintAsk = (database: string, sql: string) => Promise<readonly LintRow[]>

const OWN_SCHEMAS = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`
/** Roles of the server itself begin with pg_; 10 is the one that made the cluster. */
const OTHER_ROLES = `r.rolname !~ '^pg_' and r.oid <> 10`
const NOT_OF_EXTENSION = `not exists (select from pg_depend d
  where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')`

const checks: readonly Check[] = [
  {
    id: 'role.superuser',
    severity: 'high',
    scope: 'server',
    sql: `select rolname as thing, quote_ident(rolname) as a from pg_roles r
      where rolsuper and rolcanlogin and ${OTHER_ROLES}`,
    sentence: (role) => `${role} is a superuser and can log in: no rule of the database binds it.`,
    mend: (role) => `ALTER ROLE ${role} NOSUPERUSER;`,
  },
  {
    id: 'role.bypassrls',
    severity: 'high',
    scope: 'server',
    sql: `select rolname as thing, quote_ident(rolname) as a from pg_roles r
      where rolbypassrls and not rolsuper and ${OTHER_ROLES}`,
    sentence: (role) => `${role} bypasses row security: policies of tables do not bind it.`,
    mend: (role) => `ALTER ROLE ${role} NOBYPASSRLS;`,
  },
  {
    id: 'role.replication',
    severity: 'medium',
    scope: 'server',
    sql: `select rolname as thing, quote_ident(rolname) as a from pg_roles r
      where rolreplication and rolcanlogin and not rolsuper and ${OTHER_ROLES}
        and rolconnlimit = -1`,
    sentence: (role) => `${role} may copy the whole server, on any number of connections.`,
    mend: (role) => `ALTER ROLE ${role} CONNECTION LIMIT 4; -- or NOREPLICATION`,
  },
  {
    id: 'role.md5',
    severity: 'high',
    scope: 'server',
    sql: `select rolname as thing, quote_ident(rolname) as a from pg_authid r
      where rolpassword ~ '^md5' and ${OTHER_ROLES}`,
    sentence: (role) =>
      `The password of ${role} is kept as MD5: who has the hash has the password.`,
    mend: (role) => `SET password_encryption = 'scram-sha-256'; \\password ${role}`,
  },
  {
    id: 'role.server-files',
    severity: 'high',
    scope: 'server',
    sql: `select m.rolname || ' → ' || g.rolname as thing,
        quote_ident(g.rolname) || ' FROM ' || quote_ident(m.rolname) as a
      from pg_auth_members am
        join pg_roles g on g.oid = am.roleid join pg_roles m on m.oid = am.member
      where g.rolname in ('pg_read_server_files', 'pg_write_server_files',
        'pg_execute_server_program')`,
    sentence: (path) => `${path}: reads or writes files of the machine, or runs programs on it.`,
    mend: (grant) => `REVOKE ${grant};`,
  },
  {
    id: 'hba.weak',
    severity: 'high',
    scope: 'server',
    sql: `select 'line ' || line_number || ': ' || type || ' ' || array_to_string(database, ',') ||
          ' ' || array_to_string(user_name, ',') || ' ' || coalesce(address || ' ', '') ||
          auth_method as thing, line_number::text as a
      from pg_hba_file_rules where auth_method in ('trust', 'password', 'md5', 'ident')`,
    sentence: (line) => `pg_hba.conf, ${line}: lets in without a proof worth the name.`,
    mend: (line) =>
      `Write scram-sha-256 as the method of line ${line}, then SELECT pg_reload_conf();`,
  },
  {
    id: 'hba.clear',
    severity: 'medium',
    scope: 'server',
    sql: `select 'line ' || line_number || ': ' || type || ' ' || coalesce(address, '') as thing,
        line_number::text as a
      from pg_hba_file_rules
      where type in ('host', 'hostnossl') and auth_method <> 'reject'
        and coalesce(address, '') not in ('127.0.0.1', '::1', 'localhost')`,
    sentence: (line) => `pg_hba.conf, ${line}: what passes the network need not be encrypted.`,
    mend: (line) => `Write hostssl in line ${line}, then SELECT pg_reload_conf();`,
  },
  {
    id: 'hba.broken',
    severity: 'high',
    scope: 'server',
    sql: `select 'line ' || line_number || ': ' || error as thing, line_number::text as a
      from pg_hba_file_rules where error is not null`,
    sentence: (line) => `pg_hba.conf, ${line}: the file is not read as written.`,
    mend: (line) => `Mend line ${line}, then SELECT pg_reload_conf();`,
  },
  {
    id: 'server.listens',
    severity: 'high',
    scope: 'server',
    sql: `select setting as thing, '' as a from pg_settings
      where name = 'listen_addresses' and setting ~ '(\\*|0\\.0\\.0\\.0|::($|[, ]))'`,
    sentence: (setting) => `The server listens on ${setting}: there is a door beside the gateway.`,
    mend: () =>
      `ALTER SYSTEM SET listen_addresses = ''; -- then restart; the gateway uses the socket`,
  },
  {
    id: 'server.clear',
    severity: 'medium',
    scope: 'server',
    sql: `select 'ssl = off' as thing, '' as a where current_setting('ssl') = 'off'
      and current_setting('listen_addresses') not in ('', '127.0.0.1', 'localhost', '::1')`,
    sentence: () => 'The server takes connections from the network and offers no TLS.',
    mend: () => 'ALTER SYSTEM SET ssl = on; -- with ssl_cert_file and ssl_key_file',
  },
  {
    id: 'server.setting',
    severity: 'medium',
    scope: 'server',
    sql: `select name || ' = ' || setting as thing, name || ' = ' || quote_literal(wanted) as a
      from pg_settings join (values ('password_encryption', 'scram-sha-256'), ('fsync', 'on'),
        ('full_page_writes', 'on'), ('row_security', 'on'), ('allow_system_table_mods', 'off'),
        ('zero_damaged_pages', 'off'), ('ignore_checksum_failure', 'off'))
        as want (name, wanted) using (name) where setting <> wanted`,
    sentence: (setting) => `The server runs with ${setting}.`,
    mend: (wanted) => `ALTER SYSTEM SET ${wanted}; SELECT pg_reload_conf();`,
  },
  {
    id: 'server.checksums',
    severity: 'low',
    scope: 'server',
    sql: `select 'data_checksums = off' as thing, '' as a
      where current_setting('data_checksums') = 'off'`,
    sentence: () => 'Pages carry no checksums: rot of the disk is not noticed.',
    mend: () => 'pg_checksums --enable -D DATA, while the server is stopped',
  },
  {
    id: 'database.connect',
    severity: 'low',
    scope: 'server',
    sql: `select datname as thing, quote_ident(datname) as a from pg_database
      where datallowconn and not datistemplate and datname <> 'postgres' and exists (
        select from aclexplode(coalesce(datacl, acldefault('d', datdba)))
        where grantee = 0 and privilege_type = 'CONNECT')`,
    sentence: (name) => `Every role may enter the database ${name}.`,
    mend: (name) => `REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC;`,
  },
  {
    id: 'schema.create',
    severity: 'high',
    scope: 'database',
    sql: `select n.nspname as thing, quote_ident(n.nspname) as a from pg_namespace n
      where ${OWN_SCHEMAS} and exists (select from aclexplode(n.nspacl)
        where grantee = 0 and privilege_type = 'CREATE')`,
    sentence: (schema) =>
      `Every role may create objects in the schema ${schema}, and so set traps for others.`,
    mend: (schema) => `REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC;`,
  },
  {
    id: 'table.public',
    severity: 'medium',
    scope: 'database',
    sql: `select format('%I.%I (%s)', n.nspname, c.relname,
          string_agg(distinct privilege_type, ', ')) as thing,
        format('%I.%I', n.nspname, c.relname) as a
      from pg_class c join pg_namespace n on n.oid = c.relnamespace,
        lateral aclexplode(c.relacl) where grantee = 0 and ${OWN_SCHEMAS}
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      group by n.nspname, c.relname`,
    sentence: (table) => `PUBLIC, which is every role there will ever be, has rights on ${table}.`,
    mend: (table) => `REVOKE ALL ON ${table} FROM PUBLIC;`,
  },
  {
    id: 'table.rls',
    severity: 'medium',
    scope: 'database',
    sql: `select format('%I.%I', n.nspname, c.relname) as thing,
        format('%I.%I', n.nspname, c.relname) as a
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_roles r on r.oid = c.relowner
      where c.relkind in ('r', 'p') and ${OWN_SCHEMAS} and not r.rolsuper and r.rolcanlogin
        and ((c.relrowsecurity and not c.relforcerowsecurity) or (not c.relrowsecurity
          and exists (select from pg_policy where polrelid = c.oid)))`,
    sentence: (table) => `The policies of ${table} do not bind its owner, who can log in.`,
    mend: (table) => `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
  },
  {
    id: 'function.definer',
    severity: 'high',
    scope: 'database',
    sql: `select p.oid::regprocedure::text as thing, p.oid::regprocedure::text as a
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and ${OWN_SCHEMAS} and ${NOT_OF_EXTENSION} and not exists (
        select from unnest(p.proconfig) setting where setting ~ '^search_path=')`,
    sentence: (name) =>
      `${name} runs with its owner's rights and the caller's search_path: the caller may put ` +
      `objects of its own in the way.`,
    mend: (name) => `ALTER FUNCTION ${name} SET search_path = pg_catalog, pg_temp;`,
  },
  {
    id: 'function.superuser',
    severity: 'high',
    scope: 'database',
    sql: `select p.oid::regprocedure::text as thing, p.oid::regprocedure::text as a
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      join pg_roles r on r.oid = p.proowner
      where p.prosecdef and r.rolsuper and ${OWN_SCHEMAS} and ${NOT_OF_EXTENSION} and exists (
        select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
        where grantee = 0 and privilege_type = 'EXECUTE')`,
    sentence: (name) => `Every role may run ${name}, which has the rights of a superuser.`,
    mend: (name) => `REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC;`,
  },
  {
    id: 'extension.outward',
    severity: 'medium',
    scope: 'database',
    sql: `select extname as thing, quote_ident(extname) as a from pg_extension
      where extname in ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack', 'plpython3u', 'plperlu',
        'pltclu', 'lo', 'pg_read_file', 'xml2')`,
    sentence: (name) => `The extension ${name} reaches files, programs or other servers.`,
    mend: (name) => `DROP EXTENSION ${name}; -- if nothing needs it`,
  },
]

/** Databases that may be entered; each is asked on a connection of its own. */
export const LINT_DATABASES = `select datname as thing, '' as a from pg_database
  where datallowconn and not datistemplate order by 1`

/** Asks every question, in the order of the table. @param first The database to begin with. */
export async function lintServer(first: string, ask: LintAsk): Promise<readonly LintFinding[]> {
  const databases = (await ask(first, LINT_DATABASES)).map(({ thing }) => thing)
  const findings: LintFinding[] = []
  for (const check of checks) {
    const places = check.scope === 'server' ? [first] : databases
    for (const database of places) {
      for (const { thing, a } of await ask(database, check.sql)) {
        const { id, severity } = check
        const sentence = check.sentence(thing)
        const where = check.scope === 'server' ? '' : database
        findings.push({ id, severity, database: where, thing, sentence, mend: check.mend(a) })
      }
    }
  }
  return findings
}
