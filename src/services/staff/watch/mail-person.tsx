/**
 * Did it arrive? What one address got, and what keeps mail from it.
 *
 * @module
 */
import type { VNode } from 'preact'
import { may } from '../policy.ts'
import { Shell } from '../shell.tsx'
import { Badge, Hidden, Time, type Inside } from './parts.tsx'
import type { MailPersonView } from './ports.ts'

export function AskPerson({ csrf }: Pick<Inside, 'csrf'>): VNode {
  return (
    <form method="post" action="/mail/person" class="ask">
      <Hidden csrf={csrf} />
      <label>
        Did it arrive?
        <input
          name="address"
          type="email"
          maxLength={320}
          required
          autocomplete="off"
          placeholder="jan@club.example"
        />
      </label>
      <button>Look it up</button>
    </form>
  )
}

type Props = Inside & { readonly address: string; readonly person: MailPersonView }

export function MailPersonPage({ account, csrf, address, person }: Props): VNode {
  const { suppression, left, sent } = person
  return (
    <Shell title="Mail to one address" here="/mail" account={account} csrf={csrf}>
      <p class="small">
        <a href="/mail">Mail</a> · that it was looked up is on record.
      </p>
      <p class={`calm ${suppression ? 'stale' : 'proven'} tint`}>
        {address}: {suppression ? keptOut(suppression) : 'mail goes there.'}
      </p>
      {may(account.role, 'mail.change') && <Change {...{ csrf, address, person }} />}
      {left.length > 0 && (
        <p>
          Lists that the reader has left: {left.join(', ')}. Only the reader comes back to them.
        </p>
      )}
      <h2>In thirty days</h2>
      {sent.length === 0 && <p class="small">Nothing was sent to it.</p>}
      {sent.length > 0 && (
        <ul class="rows">
          {sent.map(({ atMs, state, status, category, list, tenant }) => (
            <li class="flat" tabIndex={-1} data-row>
              <Badge tint={tintOfMail(state)}>{state}</Badge>
              <span class="what">
                <b>{list === category ? category : `${category}: ${list}`}</b>
                <small>
                  {tenant}
                  {status !== '' && ` · ${status}`}
                </small>
              </span>
              <Time ms={atMs} />
            </li>
          ))}
        </ul>
      )}
      <h2>Another address</h2>
      <AskPerson csrf={csrf} />
    </Shell>
  )
}

function Change({ csrf, address, person }: Omit<Props, 'account' | 'problem'>): VNode {
  if (person.suppression)
    return (
      <form method="post" action="/mail/lift">
        <Hidden csrf={csrf} victim={person.victim} />
        <button class="quiet">Write again</button>
      </form>
    )
  return (
    <form method="post" action="/mail/silence" class="ask">
      <Hidden csrf={csrf} address={address} />
      <label>
        Why it shall get no mail but of security
        <input name="note" maxLength={200} autocomplete="off" />
      </label>
      <button class="quiet">Send it nothing</button>
    </form>
  )
}

const kept: Readonly<Record<string, (status: string) => string>> = {
  dead: (status) => `nobody is there (${status}). Only security mail is tried.`,
  complaint: () => 'its reader complained of our mail. No lists go there.',
  staff: () => 'one of us ended it. Only security mail goes there.',
}

function keptOut({ reason, status, sinceMs }: NonNullable<MailPersonView['suppression']>): string {
  const since = new Date(sinceMs).toISOString().slice(0, 10)
  return `${(kept[reason] ?? kept['dead'])?.(status) ?? ''} Since ${since}.`
}

const tints: Readonly<Record<string, string>> = {
  delivered: 'proven',
  queued: 'unproven',
  withheld: 'stale',
}

/** How a mail ended, as a tint beside its word. */
export function tintOfMail(state: string): string {
  return tints[state] ?? 'failing'
}
