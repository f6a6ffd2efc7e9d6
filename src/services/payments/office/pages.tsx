/**
 * A club's office: its payments, its days beside the gateway's list, its keys. Its own only.
 *
 * @module
 */
import type { VNode } from 'preact'
import { languages, type Language, type Words } from '#lib/claims/claim.ts'
import { day, dayAndTime, fill, money as moneyWords } from '#lib/page/wording.ts'
import { toDecimal } from '#protocol/payments/currency.ts'
import type { Environment, Payment, State } from '../model.ts'
import type { Contact, Outage, TenantGateway } from '../tenant-store.ts'
import { clubWords } from '../trouble.ts'
import { Page } from './frame.tsx'
import type { Statement } from './statement.ts'
import { differenceWords, office, stateWords } from './words.ts'

export type OfficeView = {
  readonly language: Language
  readonly tenant: string
  /** Guards the forms against other sites. */
  readonly token: string
  readonly payments: readonly Payment[]
  readonly statements: readonly Statement[]
  readonly keys: Omit<TenantGateway, 'sealedKeys'> | undefined
  readonly contact: Contact | undefined
  readonly outages: readonly Outage[]
  readonly environments: readonly Environment[]
  readonly said: { readonly good: boolean; readonly words: Words } | undefined
}

const tints: Readonly<Record<State, string>> = {
  created: 'unproven',
  open: 'unproven',
  approved: 'unproven',
  pending: 'stale',
  unknown: 'stale',
  paid: 'proven',
  refused: 'unproven',
  cancelled: 'unproven',
  expired: 'unproven',
  review: 'failing',
}

export function OfficePage(view: OfficeView): VNode {
  const { language, tenant, said, outages, token } = view
  const leave = (
    <form method="post" action={`/office/leave?lang=${language}`}>
      <input type="hidden" name="token" value={token} />
      <button class="quiet">{office.leave[language]}</button>
    </form>
  )
  return (
    <Page
      language={language}
      title={fill(office.title[language], { club: tenant })}
      path="/office"
      wide
      aside={leave}
    >
      {said && (
        <p class={`said tint ${said.good ? 'proven' : 'failing'}`} role="status">
          {said.words[language]}
        </p>
      )}
      {outages.map(({ trouble }) => (
        <p class="said tint failing" role="alert">
          {office.outage[language]}
          {clubWords[trouble][language]}
        </p>
      ))}
      <Figures {...view} />
      <Payments {...view} />
      <Statements {...view} />
      <Keys {...view} />
    </Page>
  )
}

function Figures({ language, payments }: OfficeView): VNode {
  const paid = payments.filter(({ state }) => state === 'paid')
  const sums = new Map<string, number>()
  for (const { amount, currency } of paid) sums.set(currency, (sums.get(currency) ?? 0) + amount)
  const received = [...sums].map(([currency, sum]) => money(sum, currency, language)).join(', ')
  const under = payments.filter(({ state }) => tints[state] === 'stale' || state === 'open')
  const look = payments.filter(({ state }) => state === 'review')
  return (
    <dl class="figures">
      <div>
        <dt>{office.paid[language]}</dt>
        <dd>{received === '' ? '–' : received}</dd>
      </div>
      <div>
        <dt>{office.open[language]}</dt>
        <dd>{under.length}</dd>
      </div>
      <div>
        <dt>{office.look[language]}</dt>
        <dd class={look.length > 0 ? 'failing' : undefined}>{look.length}</dd>
      </div>
    </dl>
  )
}

function Payments({ language, payments }: OfficeView): VNode {
  if (payments.length === 0) return <p class="small">{office.noPayments[language]}</p>
  return (
    <section>
      <h2>{office.payments[language]}</h2>
      <div class="table">
        <table class="fold">
          <thead>
            <tr>
              <th>{office.when[language]}</th>
              <th>{office.what[language]}</th>
              <th>{office.state[language]}</th>
              <th class="sum">{office.amount[language]}</th>
            </tr>
          </thead>
          <tbody>
            {payments.map(({ createdMs, reference, state, amount, currency }) => (
              <tr>
                <td>
                  <time>{dayAndTime(createdMs, language)}</time>
                </td>
                <td class="what">{reference}</td>
                <td>
                  <span class={`badge tint ${tints[state]}`}>{stateWords[state][language]}</span>
                </td>
                <td class="sum">{money(amount, currency, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function Statements({ language, statements, token }: OfficeView): VNode {
  return (
    <section>
      <h2>{office.statements[language]}</h2>
      {statements.length === 0 && <p class="small">{office.noStatements[language]}</p>}
      <ul class="days">
        {statements.map((one) => (
          <Day language={language} statement={one} />
        ))}
      </ul>
      <form method="post" action={`/office/compare?lang=${language}`} class="acts">
        <input type="hidden" name="token" value={token} />
        <button class="quiet">{office.compare[language]}</button>
      </form>
    </section>
  )
}

function Day(props: { readonly language: Language; readonly statement: Statement }): VNode {
  const { language, statement } = props
  const { matched, differences, sums, foreign } = statement
  const when = day(Date.parse(statement.day), language)
  const count = String(differences.length)
  const line = differences.length === 0 ? office.equal : office.differs
  const total = Object.entries(sums).map(([currency, sum]) => money(sum, currency, language))
  return (
    <li>
      <strong>{when}</strong> · {names[statement.gateway]} ·{' '}
      <span class={differences.length === 0 ? 'proven' : 'failing'}>
        {fill(line[language], { matched: String(matched), count })}
      </span>{' '}
      {total.join(', ')}
      {foreign > 0 && (
        <span class="small"> {fill(office.foreign[language], { count: String(foreign) })}</span>
      )}
      {differences.length > 0 && (
        <ul>
          {differences.map(({ kind, transaction, booked, listed, currency }) => (
            <li>
              <code>{transaction}</code> {differenceWords[kind][language]} (
              {money(booked, currency, language)} / {money(listed, currency, language)})
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

const keyFields = {
  paypal: ['clientId', 'clientSecret', 'webhookId'],
  paybox: ['site', 'rank', 'identifier', 'hmacKey'],
} as const

/** As the gateways' own pages call them. */
const labels: Readonly<Record<string, string>> = {
  clientId: 'Client ID',
  clientSecret: 'Secret',
  webhookId: 'Webhook ID',
  site: 'PBX_SITE',
  rank: 'PBX_RANG',
  identifier: 'PBX_IDENTIFIANT',
  hmacKey: 'HMAC',
}

function Keys({ language, keys, token, environments, contact }: OfficeView): VNode {
  const now = keys && {
    gateway: names[keys.gateway],
    environment: keys.environment,
    day: day(keys.enteredMs, language),
    by: keys.enteredBy === '' ? 'veilig' : keys.enteredBy,
  }
  return (
    <section>
      <h2>{office.keys[language]}</h2>
      {now && (
        <p>
          <strong>{fill(office.keysNow[language], now)}</strong>
        </p>
      )}
      <p class="small">{office.keysText[language]}</p>
      {(['paypal', 'paybox'] as const).map((gateway) => (
        <form method="post" action={`/office/keys?lang=${language}`} autocomplete="off">
          <fieldset>
            <legend>{names[gateway]}</legend>
            <input type="hidden" name="token" value={token} />
            <input type="hidden" name="gateway" value={gateway} />
            <div class="fields">
              {keyFields[gateway].map((field) => (
                <label>
                  {labels[field]}
                  <KeyField name={field} />
                </label>
              ))}
              <label>
                {office.environment[language]}
                <select name="environment">
                  {environments.map((one) => (
                    <option value={one}>{one}</option>
                  ))}
                </select>
              </label>
            </div>
            <div class="acts">
              <button>{office.save[language]}</button>
            </div>
          </fieldset>
        </form>
      ))}
      <form method="post" action={`/office/contact?lang=${language}`}>
        <fieldset>
          <legend>{office.contact[language]}</legend>
          <input type="hidden" name="token" value={token} />
          <div class="fields">
            <label>
              E-mail
              <input
                name="address"
                type="email"
                required
                maxLength={254}
                value={contact?.address}
              />
            </label>
            <label>
              {langWord[language]}
              <select name="language">
                {languages.map((one) => (
                  <option value={one} selected={one === (contact?.language ?? language)}>
                    {one}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <div class="acts">
            <button>{office.contactSave[language]}</button>
          </div>
        </fieldset>
      </form>
    </section>
  )
}

/** Written, never shown again. */
function KeyField({ name }: { readonly name: string }): VNode {
  const common = { name, required: true, maxLength: 500, autocomplete: 'off', spellcheck: false }
  const isSecret = name === 'clientSecret' || name === 'hmacKey'
  return isSecret ? <input type="password" {...common} /> : <input {...common} />
}

const names = { paypal: 'PayPal', paybox: 'Paybox' } as const
const langWord: Words = { nl: 'Taal', en: 'Language', fr: 'Langue' }

function money(minor: number, currency: string, language: Language): string {
  const sign = minor < 0 ? '-' : ''
  return moneyWords(`${sign}${toDecimal(Math.abs(minor), currency)}`, currency, language)
}

/** Before the office: one button, so that a mail's scanner does not use the link up. */
export function EnterPage(props: {
  readonly language: Language
  readonly action: string | undefined
}): VNode {
  const { language, action } = props
  return (
    <Page language={language} title={office.enter[language]}>
      <p>{(action === undefined ? office.linkOver : office.enterText)[language]}</p>
      {action !== undefined && (
        <form method="post" action={action}>
          <button>{office.enterButton[language]}</button>
        </form>
      )}
    </Page>
  )
}
