/**
 * Mail that was sent: how it goes in pictures, what became of each, and who gets none.
 *
 * @module
 */
import type { VNode } from 'preact'
import { may } from '../policy.ts'
import { Badge, Hidden, LivePage, Time, type Inside } from './parts.tsx'
import { AskPerson, tintOfMail } from './mail-person.tsx'
import { Sessions, Sources, Volume } from './mail-pictures.tsx'
import { Templates } from './mail-template.tsx'
import type { MailDay, MailFilter, MailView } from './ports.ts'

export const NOTE_MAX = 200

const states = ['queued', 'delivered', 'refused', 'returned', 'withheld', 'expired'] as const

export function isMailState(value: string): boolean {
  return states.some((state) => state === value)
}

type Props = Inside & { readonly mail: MailView; readonly filter: MailFilter }

export function MailPage(props: Props): VNode {
  const { mail, filter, csrf } = props
  const sum = (part: keyof Omit<MailDay, 'day'>): number =>
    mail.days.reduce((total, day) => total + day[part], 0)
  const accepted = sum('accepted')
  return (
    <LivePage {...props} title="Mail" here="/mail">
      <dl class="tiles">
        <Tile name="accepted in thirty days" value={accepted} />
        <Tile name={`delivered${shareOf(sum('delivered'), accepted)}`} value={sum('delivered')} />
        <Tile name={`bounced${shareOf(sum('bounced'), accepted)}`} value={sum('bounced')} />
        <Tile
          name={`complaints${shareOf(sum('complaints'), accepted)}`}
          value={sum('complaints')}
        />
        <Tile name="waiting now" value={mail.queued} />
      </dl>
      <Volume days={mail.days} />
      <h2>Who sends in our name</h2>
      <Sources sources={mail.sources} />
      <h2>TLS on the way to us</h2>
      <Sessions sessions={mail.tls} />
      <h2>The newest mails</h2>
      <AskPerson csrf={csrf} />
      <Filter {...filter} />
      <Sent sent={mail.sent} />
      <h2>Templates</h2>
      <Templates templates={mail.templates} />
      <h2>Who gets none</h2>
      <Silent {...props} />
    </LivePage>
  )
}

function Tile({ name, value }: { readonly name: string; readonly value: number }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** ` · 1.23 %`: receivers begin to refuse at 0.30 % of complaints. */
function shareOf(count: number, whole: number): string {
  return whole === 0 ? '' : ` · ${((100 * count) / whole).toFixed(2)}\u00a0%`
}

function Filter({ state, tenant }: MailFilter): VNode {
  return (
    <form method="get" action="/mail" class="ask">
      <label>
        What became of it
        <select name="state">
          <option value="">everything</option>
          {states.map((one) => (
            <option value={one} selected={one === state}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <label>
        Club
        <input name="tenant" value={tenant} maxLength={64} autocomplete="off" />
      </label>
      <button class="quiet">Show</button>
    </form>
  )
}

function Sent({ sent }: Pick<MailView, 'sent'>): VNode {
  if (sent.length === 0) return <p class="small">None.</p>
  return (
    <ul class="rows">
      {sent.map(({ atMs, to, state, status, category, tenant, attempts }) => (
        <li class="flat" tabIndex={-1} data-row>
          <Badge tint={tintOfMail(state)}>{state}</Badge>
          <span class="what">
            <b>{to}</b>
            <small>
              {category}
              {tenant !== '' && ` · ${tenant}`}
              {status !== '' && ` · ${status}`}
              {attempts > 1 && ` · ${attempts} tries`}
            </small>
          </span>
          <Time ms={atMs} />
        </li>
      ))}
    </ul>
  )
}

function Silent({ account, csrf, mail }: Props): VNode {
  const mayChange = may(account.role, 'mail.change')
  return (
    <>
      <p class="small">
        People are keyed hashes here; of them only security mail arrives. An address is typed, never
        listed.
      </p>
      {mail.suppressions.length > 0 && (
        <ul class="rows">
          {mail.suppressions.map(({ victim, reason, status, note, sinceMs }) => (
            <li class="flat" tabIndex={-1} data-row>
              <Badge tint="stale">{reason}</Badge>
              <span class="what">
                <b>
                  <code>{victim.slice(0, 12)}</code>
                </b>
                <small>
                  {status}
                  {note !== '' && ` · ${note}`}
                </small>
              </span>
              <Time ms={sinceMs} />
              {mayChange && (
                <form method="post" action="/mail/lift">
                  <Hidden csrf={csrf} victim={victim} />
                  <button class="quiet">Write again</button>
                </form>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayChange && (
        <form method="post" action="/mail/silence" class="stack">
          <Hidden csrf={csrf} />
          <label>
            Address that shall get no mail but of security
            <input name="address" type="email" maxLength={320} required autocomplete="off" />
          </label>
          <label>
            Why
            <input name="note" maxLength={NOTE_MAX} autocomplete="off" />
          </label>
          <button>Send it nothing</button>
        </form>
      )}
      <p class="small">
        By command: <code>veilig mail sent</code> · <code>veilig mail person</code> ·{' '}
        <code>veilig mail suppressions</code> · <code>veilig mail figures</code> ·{' '}
        <code>veilig mail preview</code>
      </p>
    </>
  )
}
