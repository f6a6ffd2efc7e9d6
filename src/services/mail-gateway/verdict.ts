/**
 * What a refusal means for the address: is nobody there, or do they not want us?
 *
 * A refusal for our reputation, or for a full mailbox, says nothing about the address: taking it
 * for a dead one would silence people who are well. So only what is plain counts as dead.
 *
 * Source: RFC 3463 §3.
 *
 * @module
 */

/**
 * - `dead`: there is no such mailbox, or it is closed
 * - `reputation`: they refuse us, or what we say
 * - `full`: the person's mailbox is full
 * - `other`: it cannot be told
 */
export type Verdict = 'dead' | 'reputation' | 'full' | 'other'

const reputation = anyOf(
  'spam|blocked|black ?list|block ?list|\\brbl\\b|dnsbl|reputation|policy|unsolicited|abuse',
  'banned|\\bspf\\b|dkim|dmarc|unauthenticated|\\brate\\b|too many|greylist',
)

const nobody = anyOf(
  'user unknown|unknown (user|recipient|mailbox)',
  'no such (user|recipient|mailbox|person)|no mailbox here|invalid (recipient|mailbox|user)',
  '(user|recipient|mailbox|account|address).{0,40}(does not|doesn.t) exist',
  '(user|recipient|mailbox|account|address).{0,40}(not found|unknown|disabled|inactive|closed)',
)

function anyOf(...patterns: readonly string[]): RegExp {
  return new RegExp(patterns.join('|'), 'i')
}

/**
 * @param status Enhanced status such as `5.1.1`, or ''.
 * @param words The receiver's own.
 */
export function verdictOf(status: string, words: string): Verdict {
  if (status.startsWith('5.7.') || status.startsWith('4.7.') || reputation.test(words)) {
    return 'reputation'
  }
  if (/^[45]\.2\.2$/.test(status)) return 'full'
  // Bad mailbox, bad system, bad syntax, moved without address, null MX, mailbox disabled.
  if (/^5\.(1\.(1|2|3|6|10)|2\.1)$/.test(status)) return 'dead'
  const isPlain = status === '' || status === '5.0.0' || status === '5.5.0'
  return isPlain && /^5|^$/.test(status) && nobody.test(words) ? 'dead' : 'other'
}

/** `550-5.1.1 …` → `5.1.1`; '' when there is none. */
export function enhancedStatus(reply: string): string {
  return /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1] ?? ''
}
