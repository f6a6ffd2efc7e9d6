/** The lint against PostgreSQL 15: the catalogue has another form there. */
import assert from 'node:assert/strict'
import { lintSuite } from '#kit/lint.ts'
import { debianPostgres } from '#kit/postgres.ts'

const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
await lintSuite(debian)
