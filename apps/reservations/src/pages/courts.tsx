/**
 * The club's courts, and one of them.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { CourtDraft } from '../data/courts.ts'
import { sports, surfaces, type Court } from '../model.ts'
import { euros } from '../money.ts'
import { STEP_MINUTES } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'
import { MoneyField, SelectField } from './office.tsx'

export type CourtsView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly problem?: WordKey | undefined
}

export function CourtsPage({ visit, courts, problem }: CourtsView): VNode {
  const { say, club } = visit
  const office = `/${club.slug}/office`
  const used = courts.filter(({ retired }) => !retired)
  const retired = courts.filter((one) => one.retired)
  return (
    <Page visit={visit} title={say('courts.title')} tab="office">
      <a class="back" href={office}>
        <Icon name="left" />
        {say('office.title')}
      </a>
      <h1>{say('courts.title')}</h1>
      <p class="lead">{say(used.length === 0 ? 'courts.none' : 'courts.lead')}</p>
      {visit.done === 'saved' && <Message kind="good">{say('saved')}</Message>}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      <ul class="cards">
        {used.map((court, at) => (
          <li key={court.id} class="card row-card">
            <CourtWords visit={visit} court={court} />
            <div class="act-links">
              <a href={`${office}/courts/${court.id}`}>
                {say('courts.edit')}
                <span class="visually-hidden"> {court.name}</span>
              </a>
              {at > 0 && (
                <form method="post" action={`${office}/courts/${court.id}/up`}>
                  <button class="quiet">
                    <span aria-hidden="true">↑</span>
                    <span class="visually-hidden">
                      {say('courts.up')} {court.name}
                    </span>
                  </button>
                </form>
              )}
            </div>
          </li>
        ))}
      </ul>
      <a class="button" href={`${office}/courts/new`}>
        {say('courts.add')}
      </a>
      {retired.length > 0 && (
        <section class="stack">
          <h2>{say('courts.retired')}</h2>
          <ul class="cards">
            {retired.map((court) => (
              <li key={court.id} class="card row-card">
                <CourtWords visit={visit} court={court} />
                <form method="post" action={`${office}/courts/${court.id}/return`}>
                  <button class="quiet">
                    {say('courts.return')}
                    <span class="visually-hidden"> {court.name}</span>
                  </button>
                </form>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Page>
  )
}

function CourtWords({ visit, court }: { visit: Visit; court: Court }): VNode {
  const { say, language } = visit
  const { lengthMin: min, lengthMax: max, priceCentsHour } = court
  const price =
    priceCentsHour === 0
      ? say('courts.free')
      : say('courts.priceHour', { amount: euros(priceCentsHour, language) })
  return (
    <div>
      <strong>{court.name}</strong>
      <span class="small">
        <Icon name={court.indoor ? 'roof' : 'sun'} /> {say(`sport.${court.sport}`)} ·{' '}
        {say(`surface.${court.surface}`)} · {say(court.indoor ? 'court.indoor' : 'court.outdoor')} ·{' '}
        {say('courts.lengths', { min, max })} · {price}
      </span>
    </div>
  )
}

export type CourtView = {
  readonly visit: Visit
  /** Undefined for a new one. */
  readonly id: string | undefined
  readonly draft: CourtDraft
  /** As the rules were read; saving with another means somebody else saved meanwhile. */
  readonly version: number
  readonly problem?: WordKey | undefined
}

export function CourtPage({ visit, id, draft, version, problem }: CourtView): VNode {
  const { say, club } = visit
  const rooms = `/${club.slug}/office/courts`
  const title = id ? draft.name : say('courts.add')
  return (
    <Page visit={visit} title={title} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={rooms}>
            <Icon name="left" />
            {say('courts.title')}
          </a>
          <h1>{title}</h1>
          {id && <p class="sheet-kind">{say('courts.stands')}</p>}
        </header>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <form method="post" action={id ? `${rooms}/${id}` : rooms} class="sheet-form">
          <input type="hidden" name="version" value={version} />
          <p class="field">
            <label for="name">{say('courts.name')}</label>
            <input
              id="name"
              name="name"
              value={draft.name}
              maxLength={40}
              autocomplete="off"
              required
            />
          </p>
          <div class="field-row">
            <SelectField
              id="sport"
              word={say('courts.sport')}
              choices={sports.map((one) => [one, say(`sport.${one}`)] as const)}
              value={draft.sport}
            />
            <SelectField
              id="surface"
              word={say('courts.surface')}
              choices={surfaces.map((one) => [one, say(`surface.${one}`)] as const)}
              value={draft.surface}
            />
          </div>
          <p class="field check">
            <input id="indoor" name="indoor" type="checkbox" value="1" checked={draft.indoor} />
            <label for="indoor">{say('courts.indoor')}</label>
          </p>
          <div class="field-row">
            <LengthSelect visit={visit} id="lengthMin" value={draft.lengthMin} />
            <LengthSelect visit={visit} id="lengthUsual" value={draft.lengthUsual} />
            <LengthSelect visit={visit} id="lengthMax" value={draft.lengthMax} />
          </div>
          <MoneyField id="price" word={say('courts.price')} cents={draft.priceCentsHour} />
          <button class="primary">{say('save')}</button>
        </form>
        {id && (
          <form method="post" action={`${rooms}/${id}/retire`} class="sheet-part stack">
            <p class="small">{say('courts.retireHint')}</p>
            <button class="danger">{say('courts.retire')}</button>
          </form>
        )}
      </article>
    </Page>
  )
}

/** As long as a game may be on any court (migrations/0001). */
export const LENGTH_MAX_MINUTES = 480

function LengthSelect(props: {
  visit: Visit
  id: 'lengthMin' | 'lengthUsual' | 'lengthMax'
  value: number
}): VNode {
  const { visit, id, value } = props
  const count = LENGTH_MAX_MINUTES / STEP_MINUTES
  const lengths = Array.from({ length: count }, (_, at) => (at + 1) * STEP_MINUTES)
  const choices = lengths.map((one) => [one, visit.say('minutes', { n: one })] as const)
  return <SelectField {...{ id, word: visit.say(`courts.${id}`), choices, value }} />
}
