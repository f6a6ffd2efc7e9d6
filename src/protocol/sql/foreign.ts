/**
 * Functions and tables of other databases, which a payload asks for before it knows where it is.
 *
 * @module
 */

/** MySQL, SQL Server, Oracle, SQLite, DB2, Sybase, Firebird; none is PostgreSQL's own. */
const FUNCTIONS = new Set(
  `sleep benchmark extractvalue updatexml group_concat elt load_file mid ifnull make_set
   geometrycollection polygon multipoint linestring multilinestring multipolygon gtid_subset
   st_latfromgeohash json_keys name_const row_count aes_decrypt aes_encrypt found_rows hex unhex
   convert compress uncompress charset xp_cmdshell xp_dirtree openrowset opendatasource
   fn_xe_file_target_read_file db_name user_name suser_name host_name object_id col_name
   is_srvrolemember is_member has_dbaccess sp_executesql fn_sqlvarbasetostr isnull charindex
   utl_inaddr get_host_address get_host_name request dbms_utility sqlid_to_sqlhash receive_message
   drithsx ctxsys xmltype sys_context nvl nvl2 instr to_char_raw rawtohex hextoraw
   randomblob load_extension sqlite_version sys_eval sys_exec rdb$get_context database schema
   user system_user session_user_id connection_id last_insert_id lcase ucase rlike regexp
   quotename datalength stuff patindex iif if binary`.split(/\s+/),
)

/** Of those, what PostgreSQL or its users have with other numbers of arguments. */
const ARGUMENTS: Readonly<Record<string, number>> = {
  polygon: -1,
  hex: 1,
  convert: 2,
  user: 0,
  database: 0,
  schema: 0,
  request: 1,
  mid: 3,
  if: 3,
  binary: 1,
  receive_message: 2,
}

const SCHEMAS = /^(mysql|performance_schema|sys|master|msdb|sysibm|syscat|sysmaster|mysqldb)$/
const TABLES = new Set(
  `dual sysusers sysobjects syscolumns sysdatabases sysprocesses syslogins all_users all_tables
   all_tab_columns user_tables user_tab_columns v$version sqlite_master sqlite_schema sysdummy1
   sysmaster sysindexes msysobjects msysaccessobjects dba_users rdb$fields rdb$types rdb$functions
   rdb$collations rdb$database rdb$relations systables character_sets plugins system_users
   information_schema`.split(/\s+/),
)

export function foreignFunction(name: string, args: number): boolean {
  if (!FUNCTIONS.has(name)) return false
  const wanted = ARGUMENTS[name]
  return wanted === undefined || wanted === args
}

export function foreignTable(schema: string, name: string): boolean {
  if (SCHEMAS.test(schema)) return true
  if (schema === 'information_schema') return /^(plugins|processlist|engines)$/.test(name)
  return schema === '' && TABLES.has(name)
}
