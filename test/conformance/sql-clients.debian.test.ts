/** node-postgres and postgres.js through the gateway, as directly, on Debian's PostgreSQL 15. */
import assert from 'node:assert/strict'
import { debianPostgres } from '#kit/postgres.ts'

assert(debianPostgres(), 'install postgresql-15')
process.env['VEILIG_TEST_POSTGRES'] = 'debian'
await import('./sql-clients.test.ts')
