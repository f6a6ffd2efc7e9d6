/**
 * Mail that was sent: how it goes in pictures, what became of each, and who gets none.
 *
 * @module
 */
import type { VNode } from 'preact'
import { may } from '../policy.ts'
import { Badge, Hidden, LivePage, Time, type Inside } from './parts.tsx'
import { Sources, Volume } from './mail-pictures.tsx'
import type { MailDay, MailView } from './ports.ts'

export const NOTE_MAX = 200

export function MailPage(props: Inside & { readonly mail: MailView }): VNode {
  const { mail } = props
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
      <h2>The newest mails</h2>
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

const tints: Readonly<Record<string, string>> = {
  delivered: 'proven',
  queued: 'unproven',
  withheld: 'stale',
}

function Sent({ sent }: Pick<MailView, 'sent'>): VNode {
  if (sent.length === 0) return <p class="small">None yet.</p>
  return (
    <ul class="rows">
      {sent.map(({ atMs, to, state, status, category, tenant, attempts }) => (
        <li class="flat" tabIndex={-1} data-row>
          <Badge tint={tints[state] ?? 'failing'}>{state}</Badge>
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

/** Each as its reader would see it; the words only, as mail programs without pictures show it. */
function Templates({ templates }: Pick<MailView, 'templates'>): VNode {
  if (templates.length === 0)
    return (
      <p class="small">
        The application brings its own words. With <code>mailGateway.templates</code> it names them,
        and one source becomes text and HTML.
      </p>
    )
  return (
    <>
      <ul class="rows">
        {templates.map(({ name, language, subject, text, fault }) => (
          <li class="flat" tabIndex={-1} data-row>
            <Badge tint={fault === '' ? 'proven' : 'failing'}>{language.toUpperCase()}</Badge>
            <span class="what">
              <b>{name}</b>
              <small>{fault === '' ? subject : fault}</small>
              {fault === '' && (
                <details>
                  <summary>Preview</summary>
                  <pre lang={language}>{text}</pre>
                </details>
              )}
            </span>
          </li>
        ))}
      </ul>
      <p class="small">
        As HTML: <code>veilig mail preview FILE --out FILE.html</code>
      </p>
    </>
  )
}

function Silent({ account, csrf, mail }: Inside & { readonly mail: MailView }): VNode {
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
        By command: <code>veilig mail sent</code> · <code>veilig mail suppressions</code> ·{' '}
        <code>veilig mail figures</code>
      </p>
    </>
  )
}
