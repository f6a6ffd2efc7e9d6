/** Replies as big receivers word them: only plain ones make an address dead. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enhancedStatus, verdictOf, type Verdict } from './verdict.ts'

const replies: readonly (readonly [Verdict, string])[] = [
  ['dead', '550 5.1.1 <jan@club.example>: Recipient address rejected: User unknown in table'],
  ['dead', '550-5.1.1 The email account that you tried to reach does not exist.'],
  ['dead', '550 No such user here'],
  ['dead', '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'],
  ['dead', '550 5.2.1 The email account that you tried to reach is inactive.'],
  ['dead', '556 5.1.10 the domain says that it receives no mail'],
  ['full', '552 5.2.2 The recipient’s inbox is out of storage space'],
  ['reputation', '550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Spamhaus'],
  ['reputation', '550-5.7.26 Your email has been blocked because the sender is unauthenticated.'],
  ['reputation', '554 5.1.1 rejected due to poor reputation of your address'],
  ['reputation', '550 5.1.1 too many messages; unknown user attempts'],
  ['reputation', '550 Message contains spam or virus'],
  ['other', '554 Transaction failed'],
  ['other', '550 5.3.4 message too big for the system'],
  ['other', '451 4.3.0 try again'],
]
for (const [verdict, reply] of replies) {
  test(`verdict: ${verdict} for “${reply.slice(0, 60)}”`, () => {
    assert.equal(verdictOf(enhancedStatus(reply), reply), verdict)
  })
}
