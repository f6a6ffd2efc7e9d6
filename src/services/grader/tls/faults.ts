/**
 * Known faults of TLS servers, each with how what was measured answers it.
 *
 * "Not vulnerable" is said only of what was tried, or of what cannot be because what it needs is
 * not offered. All else is "not tested".
 *
 * @module
 */
import type { Suite } from '#protocol/tls/suites.ts'
import type { Answer, PaddingFault } from './oracles.ts'
import type { TlsScan } from './scan.ts'

export type FaultState = 'vulnerable' | 'not-vulnerable' | 'not-tested'

export type FaultFinding = {
  readonly name: string
  readonly state: FaultState
  readonly says: string
  /** Empty when nothing is to be done. */
  readonly mend: string
}

type Facts = {
  readonly scan: TlsScan
  readonly all: readonly Suite[]
  readonly old: readonly Suite[]
}

type Rule = {
  readonly name: string
  readonly what: string
  readonly mend: string
  readonly state: (facts: Facts) => FaultState
}

const shown = (bad: boolean): FaultState => (bad ? 'vulnerable' : 'not-vulnerable')
const answered = (answer: Answer): FaultState =>
  answer === 'unknown' ? 'not-tested' : shown(answer === 'yes')
/** Cannot be without these suites; with them it needs more than messages in the clear. */
const impossibleWithout = (needed: boolean): FaultState =>
  needed ? 'not-tested' : 'not-vulnerable'

const has = (facts: Facts, ...names: readonly string[]): boolean =>
  facts.scan.versions.some(({ version }) => names.includes(version))
const cbcIn = ({ scan }: Facts, ...names: readonly string[]): boolean =>
  scan.versions
    .filter(({ version }) => names.includes(version))
    .some(({ suites }) => suites.some(({ mode }) => mode === 'cbc'))

const paddingFaults: readonly (readonly [PaddingFault, string])[] = [
  ['POODLE-TLS', 'padding is not looked at, as in SSL 3'],
  ['Zombie POODLE', 'a wrong padding with a right MAC is answered in a way of its own'],
  ['GOLDENDOODLE', 'a right padding with a wrong MAC is answered in a way of its own'],
  ['Sleeping POODLE', 'a padding longer than its record is answered in a way of its own'],
  ['CVE-2016-2107', 'a record that is all padding is answered in a way of its own'],
  ['CVE-2019-1559', 'an empty record with a wrong MAC is answered in a way of its own'],
]

const rules: readonly Rule[] = [
  {
    name: 'Heartbleed',
    what: 'memory of the server can be read by a heartbeat that lies about its length',
    mend: 'Update OpenSSL, then replace the key and the certificate.',
    state: ({ scan }) => answered(scan.heartbleed),
  },
  {
    name: 'CCS injection',
    what: 'the server takes ChangeCipherSpec before there are keys (CVE-2014-0224)',
    mend: 'Update OpenSSL.',
    state: ({ scan }) => answered(scan.earlyCcs),
  },
  {
    name: 'DROWN',
    what: 'SSL 2 is spoken, and breaks RSA for newer versions too',
    mend: 'Switch SSL 2 off.',
    state: (facts) => shown(has(facts, 'SSL 2')),
  },
  {
    name: 'POODLE',
    what: 'SSL 3 with CBC lets a man in the middle read cookies',
    mend: 'Switch SSL 3 off.',
    state: (facts) => shown(cbcIn(facts, 'SSL 3')),
  },
  {
    name: 'BEAST',
    what: 'CBC in SSL 3 or TLS 1.0 has a predictable beginning',
    mend: 'Switch SSL 3 and TLS 1.0 off.',
    state: (facts) => shown(cbcIn(facts, 'SSL 3', 'TLS 1.0')),
  },
  {
    name: 'CRIME',
    what: 'TLS compression shows secrets by their length',
    mend: 'Switch TLS compression off.',
    state: ({ scan }) => shown(scan.compression),
  },
  {
    name: 'SWEET32',
    what: 'ciphers with blocks of 64 bits repeat themselves on long connections',
    mend: 'Remove 3DES, DES, IDEA and RC2.',
    state: ({ all }) => shown(all.some(({ blockBits }) => blockBits === 64)),
  },
  {
    name: 'RC4',
    what: 'RC4 leaks the beginning of what it hides',
    mend: 'Remove RC4.',
    state: ({ all }) => shown(all.some(({ name }) => name.includes('RC4'))),
  },
  {
    name: 'FREAK',
    what: 'RSA keys weakened for export are offered',
    mend: 'Remove every EXPORT suite.',
    state: ({ all }) => shown(all.some((suite) => suite.export && suite.keyExchange === 'rsa')),
  },
  {
    name: 'LOGJAM',
    what: 'finite-field key exchange with 1024 bits or less is offered',
    mend: 'Use 2048 bits or more, or only ECDHE.',
    state: ({ scan, all }) => {
      const weakened = all.some((suite) => suite.export && suite.keyExchange === 'dhe')
      return shown(weakened || (scan.primeBitsMin ?? Infinity) <= 1024)
    },
  },
  {
    name: 'Anonymous or unencrypted suites',
    what: 'suites are offered in which nobody proves who he is, or nothing is hidden',
    mend: 'Remove anonymous and NULL suites.',
    state: ({ all }) => shown(all.some(({ anonymous, mode }) => anonymous || mode === 'null')),
  },
  {
    name: 'ROBOT',
    what: 'RSA key exchange answers questions about its padding (needs RSA key exchange)',
    mend: 'Remove suites that begin with TLS_RSA_.',
    state: ({ scan, old }) =>
      old.some(({ keyExchange }) => keyExchange === 'rsa')
        ? answered(scan.oracles?.robot ?? 'unknown')
        : 'not-vulnerable',
  },
  {
    name: 'LUCKY13',
    what: 'some microseconds tell of padding, which no network shows (needs CBC suites)',
    mend: 'Remove CBC suites.',
    state: ({ old }) => impossibleWithout(old.some(({ mode }) => mode === 'cbc')),
  },
  ...paddingFaults.map(([name, what]): Rule => ({
    name,
    what: `${what} (needs CBC suites)`,
    mend: 'Update the TLS library or the device, and remove CBC suites.',
    state: ({ scan, old }) =>
      old.some(({ mode }) => mode === 'cbc')
        ? answered(scan.oracles?.padding[name] ?? 'unknown')
        : 'not-vulnerable',
  })),
  {
    name: 'RACCOON',
    what: 'one secret of a finite-field exchange serves many visitors (needs DH or DHE)',
    mend: 'Use only ECDHE, or a fresh secret for each handshake.',
    state: ({ scan, old }) => {
      if (old.some(({ keyExchange }) => keyExchange === 'dh')) return 'vulnerable'
      if (!old.some(({ keyExchange }) => keyExchange === 'dhe')) return 'not-vulnerable'
      return answered(scan.oracles?.reusesField ?? 'unknown')
    },
  },
  {
    name: 'Ticketbleed',
    what: 'memory leaks through session numbers (F5 devices, CVE-2016-9244)',
    mend: 'Update the device, or switch session tickets off.',
    state: ({ scan, old }) =>
      old.length > 0 ? answered(scan.oracles?.ticketbleed ?? 'unknown') : 'not-vulnerable',
  },
  {
    name: 'Insecure renegotiation',
    what: 'a man in the middle can put his request before a visitor’s',
    mend: 'Update the TLS library: it must speak RFC 5746.',
    state: ({ scan, old }) =>
      old.length === 0 || scan.secureRenegotiation === true
        ? 'not-vulnerable'
        : answered(scan.oracles?.renegotiates ?? 'unknown'),
  },
]

/** Every known fault, judged. */
export function findFaults(scan: TlsScan): readonly FaultFinding[] {
  const all = scan.versions.flatMap(({ suites }) => suites)
  const old = all.filter(({ keyExchange }) => keyExchange !== 'tls13')
  return rules.map(({ name, what, mend, state }) => {
    const found = state({ scan, all, old })
    return {
      name,
      state: found,
      says: sentence[found](what),
      mend: found === 'vulnerable' ? mend : '',
    }
  })
}

const sentence: Readonly<Record<FaultState, (what: string) => string>> = {
  vulnerable: (what) => `Vulnerable: ${what}.`,
  'not-vulnerable': () => 'Not vulnerable.',
  'not-tested': (what) => `Not tested: whether ${what}.`,
}
