/** What may stand in `backup.regions`, and what a mistake is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regionsConfig } from './config-regions.ts'

const home = { name: 'home' }

/** The messages about a second region; none when it is right. */
function mistakes(region: Readonly<Record<string, unknown>>): string[] {
  const parsed = regionsConfig.safeParse([home, { name: 'other', ...region }])
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const s3 = { kind: 's3', bucket: 'copies', accessKey: 'a', secretKey: 'b' }
const azure = { kind: 'azure', account: 'club', container: 'copies', key: 'a2V5' }

test('a bucket and a container need no more than where they are and a key', () => {
  assert.deepEqual(mistakes(s3), [])
  assert.deepEqual(mistakes(azure), [])
  const [, region] = regionsConfig.parse([home, { name: 'other', ...s3 }])
  assert.equal(region?.required, false)
  assert.equal(region?.kind === 's3' && region.writeOnce, 'server')
})

test('a region has one way to prove who it is, whole', () => {
  const either = '1: needs either accessKey and secretKey, or credentialsFile'
  assert.deepEqual(mistakes({ ...s3, credentialsFile: '/k' }), [either])
  assert.deepEqual(mistakes({ kind: 's3', bucket: 'copies' }), [either])
  assert.deepEqual(mistakes({ kind: 's3', bucket: 'copies', accessKey: 'a' }), [either])
  assert.deepEqual(mistakes({ ...azure, sas: 'sig=x' }), ['1: needs one of key, keyFile and sas'])
})

test('the wire is encrypted, except to this machine', () => {
  assert.deepEqual(mistakes({ ...s3, endpoint: 'https://s3.example.org' }), [])
  assert.deepEqual(mistakes({ ...s3, endpoint: 'http://127.0.0.1:9000' }), [])
  assert.deepEqual(mistakes({ ...s3, endpoint: 'http://s3.example.org' }), [
    '1.endpoint: must be https',
  ])
})

test('an unknown kind is told which there are', () => {
  assert.deepEqual(mistakes({ kind: 'ftp' }), ['1.kind: must be one of disk, sftp, s3, azure'])
})
