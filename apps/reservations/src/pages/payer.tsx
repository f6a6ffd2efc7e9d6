/**
 * How a member pays: the address his bank asks for, and the ways that are remembered.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Payer, Way } from '../payments.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'

export type PayerView = {
  readonly visit: Visit
  readonly payer: Partial<Payer>
  readonly isKept: boolean
  /** Undefined when payments are away. */
  readonly ways: readonly Way[] | undefined
  /** Where a payment waits for the address. */
  readonly to?: string | undefined
}

/** Where members of a club live; a bank elsewhere asks no less, but its clients are few. */
export const countries: readonly string[] =
  `AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MA MC MT NL NO PL
  PT RO SE SI SK TR UA US`.match(/[A-Z]{2}/g) ?? []

type Field = {
  readonly name: Exclude<keyof Payer, 'country'>
  readonly word: WordKey
  readonly hint: 'given-name' | 'family-name' | 'address-line1' | 'postal-code' | 'address-level2'
  readonly max: number
}

/** Its limits are the database's. */
export const payerFields: readonly Field[] = [
  { name: 'firstName', word: 'payer.first', hint: 'given-name', max: 60 },
  { name: 'lastName', word: 'payer.last', hint: 'family-name', max: 60 },
  { name: 'address1', word: 'payer.street', hint: 'address-line1', max: 100 },
  { name: 'zipCode', word: 'payer.zip', hint: 'postal-code', max: 16 },
  { name: 'city', word: 'payer.city', hint: 'address-level2', max: 60 },
]

export function PayerPage(view: PayerView): VNode {
  const { visit, to } = view
  const { say, club, done } = visit
  return (
    <Page visit={visit} title={say('payer.title')} tab="me">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={to ?? `/${club.slug}/me`}>
            <Icon name="left" />
            {say(to === undefined ? 'nav.me' : 'payer.back')}
          </a>
          <h1>{say('payer.title')}</h1>
          <p class="lead">{say(to === undefined ? 'payer.lead' : 'payer.asked')}</p>
        </header>
        {done === 'saved' && <Message kind="good">{say('saved')}</Message>}
        {done === 'forgotten' && <Message kind="good">{say('payer.forgotten')}</Message>}
        {done === 'away' && <Message kind="bad">{say('payer.away')}</Message>}
        <Address {...view} />
        {to === undefined && <Ways {...view} />}
      </article>
    </Page>
  )
}

function Address({ visit, payer, isKept, to }: PayerView): VNode {
  const { say, club, language } = visit
  const names = new Intl.DisplayNames(language, { type: 'region' })
  const sorted = countries
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .toSorted((a, b) => a.name.localeCompare(b.name, language))
  const address = `/${club.slug}/me/payer`
  return (
    <section class="sheet-part">
      <h2>{say('payer.address')}</h2>
      <form method="post" action={address} class="sheet-form">
        {to !== undefined && <input type="hidden" name="to" value={to} />}
        {payerFields.map(({ name, word, hint, max }) => (
          <p class="field">
            <label for={name}>{say(word)}</label>
            <input
              id={name}
              name={name}
              autocomplete={hint}
              maxLength={max}
              value={payer[name] ?? ''}
              required
            />
          </p>
        ))}
        <p class="field">
          <label for="country">{say('payer.country')}</label>
          <select id="country" name="country" autocomplete="country">
            {sorted.map(({ code, name }) => (
              <option key={code} value={code} selected={code === (payer.country ?? 'BE')}>
                {name}
              </option>
            ))}
          </select>
        </p>
        {to !== undefined && <p class="hint">{say('payer.lead')}</p>}
        <button class="primary">{say('save')}</button>
      </form>
      {isKept && (
        <form method="post" action={`${address}/forget`}>
          <button class="quiet">{say('payer.forgetAddress')}</button>
        </form>
      )}
    </section>
  )
}

function Ways({ visit, ways }: PayerView): VNode {
  const { say, club } = visit
  return (
    <section class="sheet-part">
      <h2>{say('payer.ways')}</h2>
      <p class="hint">{say(ways === undefined ? 'payer.away' : 'payer.waysLead')}</p>
      {ways?.length === 0 && <p>{say('payer.noWays')}</p>}
      <ul class="affected">
        {ways?.map((way) => (
          <li key={way.id}>
            <span>
              {say(`payer.${way.gateway}`)}
              {way.expires !== '' && (
                <span class="small">{say('payer.until', { month: monthOf(way.expires) })}</span>
              )}
            </span>
            <form method="post" action={`/${club.slug}/me/ways/${way.id}/forget`}>
              <button class="quiet">{say('payer.forget')}</button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** `1239` → `12/2039`. */
function monthOf(expires: string): string {
  return `${expires.slice(0, 2)}/20${expires.slice(2)}`
}
