/**
 * The club's rules, and one quota of them.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { QuotaDraft } from '../data/rules.ts'
import type { Quota, Sport, Subscription } from '../model.ts'
import { addDays, dateWords, mondayOf } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'
import { criteriaWords } from './me.tsx'
import { MinuteSelect, MoneyField, NumberField, SelectField } from './office.tsx'

export type RulesView = {
  readonly visit: Visit
  readonly subscriptions: readonly Subscription[]
  readonly quotas: readonly Quota[]
  /** As it was read; saving with another means somebody else saved meanwhile. */
  readonly version: number
  readonly problem?: WordKey | undefined
}

export function RulesPage(view: RulesView): VNode {
  const { visit, subscriptions, version, problem } = view
  const { say, club } = visit
  return (
    <Page visit={visit} title={say('office.rules')} tab="office">
      <a class="back" href={`/${club.slug}/office`}>
        <Icon name="left" />
        {say('office.title')}
      </a>
      <h1>{say('office.rules')}</h1>
      <p class="lead">{say('office.rulesLead')}</p>
      {visit.done === 'saved' && <Message kind="good">{say('saved')}</Message>}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      <form method="post" action={`/${club.slug}/office/rules`} class="stack">
        <input type="hidden" name="version" value={version} />
        <section class="card stack">
          <div class="field-row">
            <p class="field">
              <label for="opens">{say('office.opens')}</label>
              <MinuteSelect id="opens" name="opens" value={club.opensMinute} />
            </p>
            <p class="field">
              <label for="closes">{say('office.closes')}</label>
              <MinuteSelect id="closes" name="closes" value={club.closesMinute} />
            </p>
            <p class="field">
              <label for="release">{say('office.release')}</label>
              <MinuteSelect id="release" name="release" value={club.releaseMinute} />
            </p>
            <NumberField
              id="cancelHours"
              word={say('office.cancelHours')}
              value={club.cancelHours}
              max={168}
            />
            <NumberField
              id="checkin"
              word={say('kiosk.rule')}
              value={club.checkinMinutes}
              max={60}
            />
            <NumberField
              id="suspendMisses"
              word={say('kiosk.suspendMisses')}
              value={club.suspendMisses}
              max={10}
            />
            <NumberField
              id="suspendDays"
              word={say('kiosk.suspendDays')}
              value={club.suspendDays}
              max={60}
            />
          </div>
        </section>
        <TicketRules visit={visit} />
        {subscriptions.map((one) => (
          <SubscriptionCard key={one.id} subscription={one} {...view} />
        ))}
        <button class="primary">{say('save')}</button>
      </form>
      <form method="post" action={`/${club.slug}/office/subscriptions`} class="card inline-form">
        <p class="field">
          <label for="subscription">{say('rules.subscriptionNew')}</label>
          <input
            id="subscription"
            name="name"
            maxLength={60}
            autocomplete="off"
            placeholder={say('rules.subscriptionName')}
            required
          />
        </p>
        <button>{say('rules.add')}</button>
      </form>
    </Page>
  )
}

function TicketRules({ visit }: { visit: Visit }): VNode {
  const { say, club, language } = visit
  const months = Array.from({ length: 12 }, (_, at) => at + 1)
  const name = (month: number): string =>
    new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }).format(
      Date.UTC(2026, month - 1, 15),
    )
  return (
    <section class="card stack">
      <h2>{say('tickets.rules')}</h2>
      <div class="field-row">
        <NumberField
          id="guestTickets"
          word={say('tickets.perGuest')}
          value={club.guestTickets}
          max={20}
        />
        <MoneyField id="ticketCents" word={say('tickets.price')} cents={club.ticketCents} />
        <SelectField
          id="seasonMonth"
          word={say('tickets.season')}
          choices={months.map((month) => [month, name(month)] as const)}
          value={club.seasonMonth}
        />
      </div>
    </section>
  )
}

function SubscriptionCard(view: RulesView & { readonly subscription: Subscription }): VNode {
  const { visit, subscription, quotas } = view
  const { say, club, language } = visit
  const own = quotas.filter(({ subscriptionId }) => subscriptionId === subscription.id)
  const office = `/${club.slug}/office`
  return (
    <section class="card stack">
      <h2>{subscription.name}</h2>
      <div class="field-row">
        <NumberField
          id={`ahead-${subscription.id}`}
          word={say('office.daysAhead')}
          value={subscription.daysAhead}
          max={365}
        />
        <NumberField
          id={`partners-${subscription.id}`}
          word={say('office.partnersMin')}
          value={subscription.partnersMin}
          max={3}
        />
        <NumberField
          id={`guests-${subscription.id}`}
          word={say('tickets.guestsSeason')}
          value={subscription.guestsSeason}
          max={100}
        />
      </div>
      {own.map((quota) => (
        <div key={quota.id} class="quota-row">
          <span>
            <strong>{quota.name}</strong>
            <span class="small">{criteriaWords(quota, say, language)}</span>
          </span>
          <NumberField
            id={`quota-${quota.id}`}
            word={`${say('office.max')} (${say(`rule.${quota.period}`, { n: '…' })})`}
            value={quota.bookingsMax}
            max={100}
          />
          <a class="quota-edit" href={`${office}/quotas/${quota.id}`}>
            {say('rules.edit')}
            <span class="visually-hidden"> {quota.name}</span>
          </a>
        </div>
      ))}
      <a class="add-link" href={`${office}/quotas?subscription=${subscription.id}`}>
        <Icon name="plus" />
        {say('rules.quotaNew')}
        <span class="visually-hidden"> ({subscription.name})</span>
      </a>
    </section>
  )
}

export type QuotaView = {
  readonly visit: Visit
  readonly subscription: Subscription
  /** Undefined for a new one. */
  readonly id: string | undefined
  readonly draft: QuotaDraft
  readonly sports: readonly Sport[]
  readonly version: number
  readonly problem?: WordKey | undefined
}

const periods = ['day', 'week', 'upcoming'] as const
const pers = ['member', 'family'] as const

export function QuotaPage(view: QuotaView): VNode {
  const { visit, subscription, id, draft, sports, version, problem } = view
  const { say, club } = visit
  const office = `/${club.slug}/office`
  const title = id ? draft.name : say('rules.quotaNew')
  return (
    <Page visit={visit} title={title} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`${office}/rules`}>
            <Icon name="left" />
            {say('office.rules')}
          </a>
          <h1>{title}</h1>
          <p class="sheet-kind">{say('rules.quotaFor', { name: subscription.name })}</p>
        </header>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <form
          method="post"
          action={id ? `${office}/quotas/${id}` : `${office}/quotas`}
          class="sheet-form"
        >
          <input type="hidden" name="version" value={version} />
          <input type="hidden" name="subscription" value={subscription.id} />
          <p class="field">
            <label for="name">{say('rules.name')}</label>
            <input
              id="name"
              name="name"
              value={draft.name}
              maxLength={60}
              autocomplete="off"
              aria-describedby="name-hint"
              required
            />
            <span id="name-hint" class="small">
              {say('rules.nameHint')}
            </span>
          </p>
          <div class="field-row">
            <NumberField id="max" word={say('rules.max')} value={draft.bookingsMax} max={100} />
            <SelectField
              id="period"
              word={say('rules.period')}
              choices={periods.map((one) => [one, say(`rules.${one}`)] as const)}
              value={draft.period}
            />
            <SelectField
              id="per"
              word={say('family.per')}
              choices={pers.map((one) => [one, say(`family.per.${one}`)] as const)}
              value={draft.per}
            />
          </div>
          <div class="field-row">
            <p class="field">
              <label for="sport">{say('rules.sport')}</label>
              <select id="sport" name="sport">
                <option value="">{say('sport.all')}</option>
                {sports.map((one) => (
                  <option key={one} value={one} selected={one === draft.sport}>
                    {say(`sport.${one}`)}
                  </option>
                ))}
              </select>
            </p>
            <p class="field">
              <label for="roof">{say('rules.roof')}</label>
              <select id="roof" name="roof">
                <option value="">{say('rules.anyRoof')}</option>
                <option value="in" selected={draft.indoor === true}>
                  {say('court.indoor')}
                </option>
                <option value="out" selected={draft.indoor === false}>
                  {say('court.outdoor')}
                </option>
              </select>
            </p>
          </div>
          <WeekdayBoxes visit={visit} mask={draft.weekdays} />
          <div class="field-row">
            <p class="field">
              <label for="from">{say('rules.from')}</label>
              <MinuteSelect id="from" name="from" value={draft.fromMinute} />
            </p>
            <p class="field">
              <label for="until">{say('rules.until')}</label>
              <MinuteSelect id="until" name="until" value={draft.toMinute} />
            </p>
          </div>
          <button class="primary">{say('save')}</button>
        </form>
        {id && (
          <form method="post" action={`${office}/quotas/${id}/drop`} class="sheet-part">
            <button class="danger">{say('rules.drop')}</button>
          </form>
        )}
      </article>
    </Page>
  )
}

function WeekdayBoxes({ visit, mask }: { visit: Visit; mask: number }): VNode {
  const { say, language } = visit
  return (
    <fieldset>
      <legend>{say('rules.weekdays')}</legend>
      <div class="choices weekdays">
        {weekdayNames(language, 'weekday').map((name, bit) => (
          <label key={name} class="choice small-choice">
            <input
              type="checkbox"
              name="weekday"
              value={bit + 1}
              checked={(mask & (1 << bit)) !== 0}
            />
            <span>
              <strong>{name}</strong>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** Monday to Sunday, in words. */
export function weekdayNames(
  language: Visit['language'],
  style: 'weekday' | 'weekdayLong',
): string[] {
  const monday = mondayOf('2026-11-23')
  return [0, 1, 2, 3, 4, 5, 6].map((day) => dateWords(addDays(monday, day), language, style))
}
