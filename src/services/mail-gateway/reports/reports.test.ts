/** Reports in both forms, as they come and as an attacker packs them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { readXml } from '#protocol/mail/xml.ts'
import { readDmarcReport } from './dmarc-report.ts'
import { readTlsReport } from './tls-report.ts'
import { unpackReport, UNPACKED_MAX_BYTES } from './unpack.ts'

const invalid = { code: 'MAIL_REPORT_INVALID' }

/** RFC 9990 appendix B in short. */
const newForm = `<?xml version="1.0" encoding="UTF-8"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata><org_name>Sample Reporter</org_name><email>r@sample.example</email>
    <report_id>3v98abbp8ya9n3va8yr8oa3ya</report_id>
    <date_range><begin>1795730400</begin><end>1795816799</end></date_range>
    <generator>Example v1</generator></report_metadata>
  <policy_published><domain>Club.example</domain><p>quarantine</p><sp>none</sp><np>none</np>
    <testing>n</testing><discovery_method>treewalk</discovery_method></policy_published>
  <record><row><source_ip>192.0.2.123</source_ip><count>123</count>
      <policy_evaluated><disposition>pass</disposition><dkim>pass</dkim><spf>fail</spf>
      </policy_evaluated></row>
    <identifiers><envelope_from>club.example</envelope_from><header_from>club.example</header_from>
    </identifiers>
    <auth_results><dkim><domain>club.example</domain><selector>abc</selector><result>pass</result>
    </dkim></auth_results></record>
</feedback>`

/** RFC 7489 appendix C, with a prefix and an extension in between. */
const oldForm = `<d:feedback xmlns:d="http://dmarc.org/dmarc-xml/0.1"><!-- a > comment -->
  <d:report_metadata><d:org_name>A &amp; B</d:org_name><d:email>x@b.example</d:email>
    <d:report_id><![CDATA[id <1>]]></d:report_id><d:date_range><d:begin>1795730400</d:begin>
    <d:end>1795816800</d:end></d:date_range></d:report_metadata>
  <d:policy_published><d:domain>club.example</d:domain><d:p>none</d:p><d:pct>100</d:pct>
  </d:policy_published>
  <d:record><d:row><d:source_ip>2001:DB8::1</d:source_ip><d:count>2</d:count><d:policy_evaluated>
      <d:disposition>quarantine</d:disposition><d:dkim>fail</d:dkim><d:spf>fail</d:spf>
      <d:reason><d:type>forwarded</d:type></d:reason></d:policy_evaluated></d:row>
    <d:identifiers><d:header_from>club.example</d:header_from></d:identifiers></d:record>
</d:feedback>`

test('dmarc report: the form of RFC 9990', () => {
  const { form, reporter, domain, policy, rows } = readDmarcReport(readXml(newForm))
  assert.deepEqual(
    [form, reporter, domain, policy],
    ['rfc9990', 'Sample Reporter', 'club.example', 'quarantine'],
  )
  const row = { source: '192.0.2.123', messages: 123, dkim: true, spf: false }
  assert.deepEqual(rows, [{ ...row, disposition: 'pass', headerFrom: 'club.example' }])
})

test('dmarc report: the form of RFC 7489, prefixes and references and all', () => {
  const report = readDmarcReport(readXml(oldForm))
  assert.equal(report.form, 'rfc7489')
  assert.deepEqual([report.reporter, report.reportId], ['A & B', 'id <1>'])
  assert.equal(report.rows[0]?.source, '2001:db8::1')
  assert.equal(report.rows[0]?.disposition, 'quarantine')
})

const broken: readonly (readonly [string, (xml: string) => string])[] = [
  ['no count', (xml) => xml.replace(/<d:count>.*?<\/d:count>/, '')],
  ['a negative count', (xml) => xml.replace('>2<', '>-2<')],
  ['a source that is a sentence', (xml) => xml.replace('2001:DB8::1', 'see https://x.example')],
  ['a time far off', (xml) => xml.replace('1795816800', '9999999999')],
  ['an end before its begin', (xml) => xml.replace('1795816800', '1795000000')],
  ['another root', (xml) => xml.replaceAll('d:feedback', 'd:html')],
]
for (const [name, change] of broken) {
  test(`dmarc report: ${name} makes it none`, () => {
    assert.notEqual(change(oldForm), oldForm)
    assert.throws(() => readDmarcReport(readXml(change(oldForm))), invalid)
  })
}

test('xml: what expands, nests without end, or ends early is refused', () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><feedback>&a;</feedback>'
  const deep = `${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}`
  for (const text of [bomb, deep, '<a><b></a></b>', '<a', '<a>', '</a>', '<a/><b/>', 'x<a/>', '']) {
    assert.throws(() => readXml(text), { code: 'XML_INVALID' }, text.slice(0, 40))
  }
  for (let cut = 0; cut < oldForm.length - 1; cut++)
    assert.throws(() => readXml(oldForm.slice(0, cut)), { code: 'XML_INVALID' })
})

test('tls report: RFC 8460 appendix B', () => {
  const report = readTlsReport(tlsReport())
  assert.equal(report.domain, 'company-y.example')
  assert.deepEqual(report.results, [
    {
      policy: 'sts',
      succeeded: 5326,
      failed: 303,
      failures: { 'certificate-expired': 100, 'starttls-not-supported': 203 },
    },
  ])
  for (const bad of ['', '{}', '[]', tlsReport().replace('5326', '-1'), tlsReport().slice(0, -3)])
    assert.throws(() => readTlsReport(bad), invalid)
})

test('unpacking: plain, gzip and zip give the same text; anything else is no report', async () => {
  const bytes = Buffer.from(newForm)
  for (const packed of [bytes, gzipSync(bytes), zipOf(bytes, true), zipOf(bytes, false)])
    assert.equal(await unpackReport(packed), newForm)
  assert.equal(await unpackReport(Buffer.from('Dear sir, attached is a report')), undefined)
})

test('unpacking: a bomb is given up at the bound, and memory never holds it', async () => {
  const huge = Buffer.alloc(64 * 1024 * 1024, 60)
  const gzip = gzipSync(huge, { level: 9 })
  const zip = zipOf(huge, true)
  const before = process.memoryUsage().rss
  for (const packed of [gzip, zip]) await assert.rejects(unpackReport(packed), invalid)
  const grown = process.memoryUsage().rss - before
  assert(grown < 4 * UNPACKED_MAX_BYTES, `${grown} bytes more`)
})

test('unpacking: a zip that is cut or points outside of itself is refused', async () => {
  const zip = zipOf(Buffer.from(newForm), true)
  for (let cut = 4; cut < zip.length; cut += 7)
    await assert.rejects(unpackReport(zip.subarray(0, cut)), invalid)
  const outside = Buffer.from(zip)
  outside.writeUInt32LE(0xffff_0000, outside.length - 22 + 16)
  await assert.rejects(unpackReport(outside), invalid)
})

/** A zip of one file, as simple programs write it. */
function zipOf(content: Buffer, deflated: boolean): Buffer {
  const packed = deflated ? deflateRawSync(content) : content
  const name = Buffer.from('report.xml')
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(name.length, 26)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(deflated ? 8 : 0, 10)
  entry.writeUInt32LE(packed.length, 20)
  entry.writeUInt32LE(content.length, 24)
  entry.writeUInt16LE(name.length, 28)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(local.length + name.length + packed.length, 16)
  return Buffer.concat([local, name, packed, entry, name, end])
}

function tlsReport(): string {
  const times = { 'start-datetime': '2026-04-01T00:00:00Z', 'end-datetime': '2026-04-01T23:59:59Z' }
  return JSON.stringify({
    'organization-name': 'Company-X',
    'date-range': times,
    'contact-info': 'sts-reporting@company-x.example',
    'report-id': '5065427c-23d3-47ca-b6e0-946ea0e8c4be',
    policies: [
      {
        policy: {
          'policy-type': 'sts',
          'policy-string': ['version: STSv1'],
          'policy-domain': 'company-y.example',
        },
        summary: { 'total-successful-session-count': 5326, 'total-failure-session-count': 303 },
        'failure-details': [
          { 'result-type': 'certificate-expired', 'failed-session-count': 100 },
          { 'result-type': 'starttls-not-supported', 'failed-session-count': 203 },
        ],
      },
    ],
  })
}
