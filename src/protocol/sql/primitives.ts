/**
 * Ways from a database login to more: read the server's files, run programs, become somebody else.
 *
 * Found in the parse tree, also in the bodies of DO blocks and functions, in PREPARE, and in
 * strings that such a body executes. Sources: PostgreSQL manual (the command of each),
 * PayloadsAllTheThings (PostgreSQL), sqlmap's takeover module.
 *
 * @module
 */
import { functionName, stringConstant, textOf } from './nodes.ts'
import { parseSql, walkTree, type Tree } from './parse.ts'

export type Primitive =
  | 'alter-system'
  | 'catalogue-write'
  | 'copy-file'
  | 'copy-program'
  | 'dblink'
  | 'do-block'
  | 'event-trigger'
  | 'grant-public'
  | 'grant-role'
  | 'large-object-file'
  | 'load-library'
  | 'password-hashes'
  | 'persistent-setting'
  | 'replication'
  | 'row-security'
  | 'safety-off'
  | 'security-definer'
  | 'server-control'
  | 'server-file'
  | 'set-role'
  | 'untrusted-code'

/** Functions, by what they open. */
const functions: readonly (readonly [RegExp, Primitive])[] = [
  [/^lo_(import|export)$/, 'large-object-file'],
  [/^pg_(read_(binary_)?file|ls_\w*dir|ls_dir|stat_file|file_\w+|current_logfile)$/, 'server-file'],
  [/^dblink(_\w+)?$/, 'dblink'],
  [/^pg_(create|drop|copy)_\w*replication_slot$|^pg_logical_(slot|emit)_\w+$/, 'replication'],
  [/^pg_(reload_conf|rotate_logfile|terminate_backend|promote|switch_wal)$/, 'server-control'],
  [/^(query|table|schema|database|cursor)_to_xml\w*$/, 'server-file'],
]

const SWITCHES = new RegExp(
  '^(row_security|session_replication_role|session_preload_libraries|local_preload_libraries|' +
    'dynamic_library_path|log_statement|check_function_bodies|pgaudit\\..*)$',
)
const LANGUAGES_UNTRUSTED = /^(c|internal|\w+u)$/
/** PostgreSQL itself lets the owner of a database install these: manual, appendix F. */
const TRUSTED_EXTENSIONS = new Set(
  `btree_gin btree_gist citext cube dict_int fuzzystrmatch hstore intarray isn lo ltree pgcrypto
   pg_trgm plpgsql seg tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp`.split(
    /\s+/,
  ),
)
const ROLE_OPTIONS =
  /^(superuser|createrole|createdb|bypassrls|isreplication|rolemembers|addroleto)$/
const SECRET_TABLES = /^pg_(authid|shadow|auth_members|user_mapping|user_mappings|largeobject)$/

const DEPTH_MAX = 4
const FRAGMENTS_MAX = 2_000

/** Every primitive that a text makes use of, however deep it hides. */
export function primitivesIn(statements: readonly Tree[], depth = 0): ReadonlySet<Primitive> {
  const found = new Set<Primitive>()
  walkTree(statements, (type, node) => {
    for (const primitive of primitivesOf(type, node)) found.add(primitive)
    if (depth >= DEPTH_MAX) return
    for (const body of bodiesOf(type, node)) {
      for (const inner of inBody(body, depth + 1)) found.add(inner)
    }
  })
  return found
}

function primitivesOf(type: string, node: Tree): readonly Primitive[] {
  switch (type) {
    case 'CopyStmt':
      if (node['is_program'] === true) return ['copy-program']
      return node['filename'] === undefined ? [] : ['copy-file']
    case 'FuncCall':
      return functionPrimitives(node)
    case 'CreateExtensionStmt':
      return TRUSTED_EXTENSIONS.has(textOf(node['extname'])) ? [] : ['untrusted-code']
    case 'CreatePLangStmt':
      return ['untrusted-code']
    case 'CreateFunctionStmt':
    case 'AlterFunctionStmt':
      return routinePrimitives(node)
    case 'CreateForeignServerStmt':
    case 'CreateFdwStmt':
    case 'CreateUserMappingStmt':
    case 'ImportForeignSchemaStmt':
      return ['dblink']
    case 'VariableSetStmt':
      return settingPrimitives(node)
    case 'AlterSystemStmt':
      return ['alter-system']
    case 'CreateRoleStmt':
    case 'AlterRoleStmt':
      return optionNames(node).some((name) => ROLE_OPTIONS.test(name)) ? ['grant-role'] : []
    case 'GrantRoleStmt':
      return node['is_grant'] === true ? ['grant-role'] : []
    case 'GrantStmt':
      return JSON.stringify(node).includes('ROLESPEC_PUBLIC') && node['is_grant'] === true
        ? ['grant-public']
        : []
    case 'DoStmt':
      return ['do-block']
    case 'AlterDatabaseSetStmt':
    case 'AlterRoleSetStmt':
      return ['persistent-setting']
    case 'CreatePublicationStmt':
    case 'CreateSubscriptionStmt':
      return ['replication']
    case 'LoadStmt':
      return ['load-library']
    case 'CreateEventTrigStmt':
      return ['event-trigger']
    case 'AlterPolicyStmt':
    case 'CreatePolicyStmt':
      return ['row-security']
    case 'AlterTableCmd':
      return /RowSecurity|ForceRow/i.test(textOf(node['subtype'])) ? ['row-security'] : []
    case 'RangeVar':
      return SECRET_TABLES.test(textOf(node['relname'])) ? ['password-hashes'] : []
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
      return writesCatalogue(node) ? ['catalogue-write'] : []
    default:
      return []
  }
}

function functionPrimitives(node: Tree): readonly Primitive[] {
  const name = functionName(node)
  if (name === 'set_config') {
    const setting = stringConstant((node['args'] as readonly Tree[] | undefined)?.[0])
    if (setting === undefined || /^(role|session_authorization)$/i.test(setting))
      return ['set-role']
    return SWITCHES.test(setting) ? ['safety-off'] : []
  }
  return functions.filter(([pattern]) => pattern.test(name)).map(([, primitive]) => primitive)
}

function settingPrimitives(node: Tree): readonly Primitive[] {
  const name = textOf(node['name']).toLowerCase()
  const sets = node['kind'] === 'VAR_SET_VALUE'
  if (sets && (name === 'role' || name === 'session_authorization')) return ['set-role']
  return sets && SWITCHES.test(name) ? ['safety-off'] : []
}

function routinePrimitives(node: Tree): readonly Primitive[] {
  const options = [...optionsOf(node, 'options'), ...optionsOf(node, 'actions')]
  const found: Primitive[] = []
  for (const { name, value } of options) {
    if (name === 'security' && value.includes('true')) found.push('security-definer')
    const language = /"sval":"(\w+)"/.exec(value)?.[1] ?? ''
    if (name === 'language' && LANGUAGES_UNTRUSTED.test(language)) found.push('untrusted-code')
  }
  return found
}

type Option = { readonly name: string; readonly value: string }

function optionsOf(node: Tree, field: string): readonly Option[] {
  const list = (node[field] as readonly Tree[] | undefined) ?? []
  return list.map((item) => {
    const option = item['DefElem'] as Tree | undefined
    return { name: textOf(option?.['defname']), value: JSON.stringify(option?.['arg'] ?? '') }
  })
}

function optionNames(node: Tree): readonly string[] {
  return optionsOf(node, 'options')
    .filter(({ value }) => !value.includes('"Boolean":{}'))
    .map(({ name }) => name)
}

function writesCatalogue(node: Tree): boolean {
  const relation = node['relation'] as Tree | undefined
  const schema = relation?.['schemaname']
  return schema === 'pg_catalog' || /^pg_[a-z]/.test(textOf(relation?.['relname']))
}

/** Source texts that a node carries: of a DO block, of a function. */
function bodiesOf(type: string, node: Tree): readonly string[] {
  if (type !== 'DoStmt' && type !== 'CreateFunctionStmt') return []
  const texts: string[] = []
  walkTree([node['args'], node['options']], (name, below) => {
    if (name === 'String' && typeof below['sval'] === 'string') texts.push(below['sval'])
  })
  return texts.filter((text) => /\s/.test(text))
}

const STARTS =
  /\b(copy|create|alter|grant|set|select|perform|load|update|insert|delete|do|with|call)\b/gi

/**
 * Procedural code is not SQL as a whole; its statements are. Each piece between semicolons is tried
 * from every word that may begin one, and every string in it may be executed.
 */
function inBody(body: string, depth: number): ReadonlySet<Primitive> {
  const found = new Set<Primitive>()
  const pieces = [...body.split(';'), ...stringsIn(body)]
  for (const piece of pieces.slice(0, FRAGMENTS_MAX)) {
    for (const { index } of [...piece.matchAll(STARTS)].slice(0, 8)) {
      const parsed = parseSql(piece.slice(index).replace(/^perform\b/i, 'select'))
      if (parsed.kind !== 'tree') continue
      for (const primitive of primitivesIn(parsed.statements, depth)) found.add(primitive)
      break
    }
  }
  return found
}

function stringsIn(body: string): readonly string[] {
  return [...body.matchAll(/'((?:[^']|'')*)'|\$(\w*)\$([^]*?)\$\2\$/g)].map(
    ([, quoted, , dollar]) => quoted?.replaceAll(`''`, `'`) ?? dollar ?? '',
  )
}
