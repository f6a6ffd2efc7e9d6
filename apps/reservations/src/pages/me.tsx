/**
 * A member's own page: language, consent, subscription and rules, log-out.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Feed } from '../data/feeds.ts'
import { fullName } from '../data/members.ts'
import type { Member, Quota, Subscription } from '../model.ts'
import { addDays, dateWords, minuteLabel, mondayOf, type Language } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { Say } from '../words/say.ts'
import { initials } from './bookings.tsx'
import { Message, Page, whenWords } from './layout.tsx'
import { TicketsCard, type TicketsView } from './tickets.tsx'

const languageNames: Readonly<Record<Language, string>> = {
  nl: 'Nederlands',
  fr: 'Français',
  en: 'English',
}

export type MeView = {
  readonly visit: Visit
  readonly member: Member
  readonly subscription: Subscription
  readonly quotas: readonly Quota[]
  readonly tickets: TicketsView
  readonly wards: readonly Member[]
  /** Whether payments are taken. */
  readonly pays: boolean
  readonly feeds: readonly Feed[]
  /** The address of a calendar just made: shown once. */
  readonly feed?: string | undefined
}

export function MePage(view: MeView): VNode {
  const { visit, member, subscription, quotas } = view
  const { say, club, language } = visit
  return (
    <Page visit={visit} title={say('me.title')} tab="me">
      <header class="me-head">
        <span class="avatar large" aria-hidden="true">
          {initials(fullName(member))}
        </span>
        <div>
          <h1>{fullName(member)}</h1>
          <p class="small">{say('me.session', { email: member.email })}</p>
        </div>
      </header>
      {visit.done === 'saved' && <Message kind="good">{say('saved')}</Message>}
      <section class="card">
        <h2>
          {say('me.subscription')}: {subscription.name}
        </h2>
        <ul class="rules">
          <li>
            <span>{say('rule.ahead', { n: subscription.daysAhead })}</span>
            <strong>{say('rule.aheadAt', { time: minuteLabel(club.releaseMinute) })}</strong>
          </li>
          {quotas.map((quota) => (
            <li key={quota.id}>
              <span>
                {quota.name}
                <span class="small">{criteriaWords(quota, say, language)}</span>
              </span>
              <strong>{say(`rule.${quota.period}`, { n: quota.bookingsMax })}</strong>
            </li>
          ))}
        </ul>
      </section>
      <form method="post" action={`/${club.slug}/me`} class="card stack">
        <p class="field">
          <label for="language">{say('me.language')}</label>
          <select id="language" name="language">
            {Object.entries(languageNames).map(([code, name]) => (
              <option key={code} value={code} selected={code === language} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </p>
        <p class="field check">
          <input
            id="share"
            name="share"
            type="checkbox"
            value="1"
            checked={member.sharesName}
            aria-describedby="share-hint"
          />
          <label for="share">{say('me.share')}</label>
          <span id="share-hint" class="small">
            {say('me.shareHint')}
          </span>
        </p>
        <button class="primary">{say('save')}</button>
      </form>
      <Family {...view} />
      <TicketsCard visit={visit} tickets={view.tickets} />
      {view.pays && (
        <section class="card">
          <a class="button quiet" href={`/${club.slug}/me/payer`}>
            {say('payer.title')}
          </a>
        </section>
      )}
      <Feeds {...view} />
      <section class="card stack">
        <div>
          <h2>{say('me.data')}</h2>
          <p class="small">{say('me.dataLead')}</p>
          <p class="small">{say('me.kept')}</p>
        </div>
        <p class="news-acts">
          <a class="button" href={`/${club.slug}/me/data.json`}>
            {say('me.download')}
          </a>
          <a class="button quiet" href={`/${club.slug}/me/leave`}>
            {say('leave.title')}
          </a>
        </p>
      </section>
      <div class="log-out">
        <form method="post" action={`/${club.slug}/logout`}>
          <button class="quiet">{say('nav.logout')}</button>
        </form>
        <form method="post" action={`/${club.slug}/me/everywhere`}>
          <button class="quiet">{say('me.everywhere')}</button>
        </form>
      </div>
    </Page>
  )
}

/** Those a parent acts for. */
function Family({ visit, wards }: MeView): VNode | null {
  const { say, club } = visit
  if (wards.length === 0) return null
  return (
    <section class="card stack">
      <div>
        <h2>{say('family.title')}</h2>
        <p class="small">{say('family.lead')}</p>
      </div>
      <ul class="players">
        {wards.map((ward) => (
          <li key={ward.id}>
            <span class="avatar" aria-hidden="true">
              {initials(fullName(ward))}
            </span>
            <span>
              {fullName(ward)}
              <span class="small">{say('members.born', { year: ward.birthYear })}</span>
            </span>
          </li>
        ))}
      </ul>
      <p>
        <a class="button" href={`/${club.slug}/day`}>
          {say('mine.book')}
        </a>
      </p>
    </section>
  )
}

function Feeds({ visit, feeds, feed }: MeView): VNode {
  const { say, club, language } = visit
  const base = `/${club.slug}/me/feeds`
  return (
    <section class="card stack">
      <div>
        <h2>{say('feed.title')}</h2>
        <p class="small">{say('feed.lead')}</p>
      </div>
      {visit.done === 'feed-closed' && <Message kind="good">{say('feed.closed')}</Message>}
      {visit.done === 'feed-many' && <Message kind="bad">{say('feed.tooMany')}</Message>}
      {feed !== undefined && (
        <Message kind="good">
          <label for="feed">{say('feed.once')}</label>
          <input id="feed" class="address" readOnly value={feed} />
        </Message>
      )}
      <ul class="affected waits">
        {feeds.map(({ id, createdAtMs }) => {
          const when = whenWords(club.zone, createdAtMs, language)
          return (
            <li key={id}>
              <span>{say('feed.made', { when })}</span>
              <form method="post" action={`${base}/${id}/close`}>
                <button class="quiet">
                  {say('feed.close')}
                  <span class="visually-hidden"> {when}</span>
                </button>
              </form>
            </li>
          )
        })}
      </ul>
      <form method="post" action={base}>
        <button>{say('feed.open')}</button>
      </form>
    </section>
  )
}

/** What a quota applies to, such as `padel · Mon Tue Wed · 17:00–22:00`. */
export function criteriaWords(quota: Quota, say: Say, language: Language): string {
  const words: string[] = quota.per === 'family' ? [say('family.per.family')] : []
  if (quota.sport) words.push(say(`sport.${quota.sport}`))
  if (quota.indoor !== undefined) words.push(say(quota.indoor ? 'court.indoor' : 'court.outdoor'))
  if (quota.weekdays !== 127) words.push(weekdayWords(quota.weekdays, language))
  if (quota.fromMinute > 0 || quota.toMinute < 1440) {
    words.push(`${minuteLabel(quota.fromMinute)}–${minuteLabel(quota.toMinute)}`)
  }
  return words.join(' · ')
}

function weekdayWords(mask: number, language: Language): string {
  const monday = mondayOf('2026-11-23')
  return [0, 1, 2, 3, 4, 5, 6]
    .filter((bit) => mask & (1 << bit))
    .map((bit) => dateWords(addDays(monday, bit), language, 'weekday'))
    .join(' ')
}
