/** The table of claims: whole, in three languages, and honest about what is measured. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { languages, type Words } from './claim.ts'
import { describeFinding, findingTexts } from './findings.ts'
import { claimStatus } from './state.ts'
import { claimOf, claims, sections } from './table.ts'

/** The identifiers of the design, which never change. */
const promised = `access.network access.auth access.roles backup.schedule backup.encrypted
  backup.georedundant backup.pitr backup.verified backup.retention audit.complete threat.detected
  threat.alerted breach.notice tls.enforced tls.versions tls.grade tls.transparency headers.present
  headers.grade login.lockout cookies.secure payments.redirect payments.nocard mail.spf mail.dkim
  mail.dmarc mail.unsubscribe mail.ratelimit staff.leastprivilege staff.isolation staff.nosecrets
  status.public updates.patched credentials.rotated credentials.twofactor`.split(/\s+/)

test('claims: every promise of the design is in the table, once', () => {
  assert.deepEqual(claims.map(({ id }) => id).toSorted(), promised.toSorted())
  assert.equal(claimOf('tls.enforced')?.section, 'connections')
  assert.equal(claimOf('no.such'), undefined)
})

for (const claim of claims) {
  test(`claims: ${claim.id} is said in three languages`, () => {
    const texts = [claim.sentence, claim.control, claim.falsifiedBy, claim.outdated]
    for (const text of texts.filter((found) => found !== undefined)) checkWords(text)
    assert(claim.boundMs > 0)
  })

  test(`claims: ${claim.id} has a live probe with a test that breaks it, or is unproven`, () => {
    const proof = `test/e2e/claims/${claim.id}.test.ts`
    if (claim.probe === 'live') return assert(existsSync(proof), `${proof} is missing`)
    assert.equal(claimStatus(claim, '', undefined, undefined, 0).state, 'unproven')
  })
}

test('claims: every section has a name in three languages, and at least one claim', () => {
  for (const [id, name] of Object.entries(sections)) {
    checkWords(name, false)
    assert(
      claims.some(({ section }) => section === id),
      id,
    )
  }
})

test('findings: every finding uses the same values in every language', () => {
  for (const [code, texts] of Object.entries(findingTexts)) {
    checkWords(texts)
    const used = languages.map((language) =>
      [...texts[language].matchAll(/\{(\w+)\}/g)].map(([name]) => name).toSorted(),
    )
    assert.deepEqual(used[0], used[1], code)
    assert.deepEqual(used[1], used[2], code)
  }
})

test('findings: values stand as they are, and an unknown code is shown as it stands', () => {
  const finding = { code: 'TLS_VERSION_REFUSED', values: { version: 'TLS 1.0 {x}' } }
  assert.equal(describeFinding(finding, 'en'), 'TLS 1.0 {x} was refused.')
  assert.equal(describeFinding({ code: 'OF_LATER', values: {} }, 'nl'), 'OF_LATER')
})

function checkWords(text: Words, sentence = true): void {
  for (const language of languages) {
    assert.match(text[language], sentence ? /^\S.*[.]$/ : /^\S+/, `${language}: ${text[language]}`)
    assert.equal(text[language], text[language].trim())
  }
  if (sentence) assert.equal(new Set(languages.map((language) => text[language])).size, 3)
}
