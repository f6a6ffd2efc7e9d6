/** Keys in the file of Amazon's tools. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProfile } from './profile.ts'

const file = `
# of nobody
[default]
aws_access_key_id = one
aws_secret_access_key=two
[ profile backup ]
aws_access_key_id=three\r
aws_secret_access_key = four
aws_session_token = a=b=
[half]
aws_access_key_id = five
`

test('each profile has its own keys, and half a profile has none', () => {
  const none = { sessionToken: undefined }
  assert.deepEqual(readProfile(file, 'default'), { accessKey: 'one', secretKey: 'two', ...none })
  const backup = { accessKey: 'three', secretKey: 'four', sessionToken: 'a=b=' }
  assert.deepEqual(readProfile(file, 'backup'), backup)
  assert.equal(readProfile(file, 'half'), undefined)
  assert.equal(readProfile(file, 'other'), undefined)
})
