/** Which servers' incremental visibility maps are believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visibilityMapsAreRight } from './visibility-map.ts'

test('visibility maps: only those of servers with the correction, at both ends', () => {
  for (const version of ['17.11', '18.6', '18.7 (Debian 18.7-1)', '19beta1', '20.0']) {
    assert(visibilityMapsAreRight([version, version]), version)
    assert(!visibilityMapsAreRight(['18.4', version]), `18.4 and ${version}`)
  }
  for (const version of ['17.10', '18.5', '18beta1', '17', '', 'unknown']) {
    assert(!visibilityMapsAreRight(['18.6', version]), version)
  }
})
