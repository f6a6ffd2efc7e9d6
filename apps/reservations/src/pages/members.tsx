/**
 * Members' data for officers: proof of presence, the list, bringing in a file; and joining.
 *
 * @module
 */
import type { VNode } from 'preact'
import { fullName, type Listed } from '../data/members.ts'
import type { Line } from '../import.ts'
import { ADULT_YEARS, type Member, type Subscription } from '../model.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { logoAddress, Message, Page } from './layout.tsx'
import { SellTickets } from './tickets.tsx'

export type ProveView = {
  readonly visit: Visit
  readonly to: string
  readonly problem?: WordKey | undefined
}

export function ProvePage({ visit, to, problem }: ProveView): VNode {
  const { say, club, member } = visit
  return (
    <Page visit={visit} title={say('prove.title')} tab="office">
      <div class="login">
        <h1>{say('prove.title')}</h1>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <p class="lead">{say('prove.lead')}</p>
        <form method="post" action={`/${club.slug}/office/prove`} class="card stack">
          <input type="hidden" name="to" value={to} />
          <input hidden name="email" autocomplete="username" value={member?.email} readOnly />
          <p class="field">
            <label for="password">{say('login.password')}</label>
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              maxLength={256}
              required
            />
          </p>
          <button class="primary">{say('prove.submit')}</button>
        </form>
      </div>
    </Page>
  )
}

export type MembersView = {
  readonly visit: Visit
  readonly query: string
  readonly members: readonly Listed[]
  /** How many there are that match. */
  readonly total: number
  readonly subscriptions: readonly Subscription[]
  /** Tickets by member. */
  readonly balances: ReadonlyMap<string, number>
  readonly imported?: { readonly added: number; readonly changed: number } | undefined
  readonly problem?: WordKey | undefined
}

export function MembersPage(view: MembersView): VNode {
  const { visit, query, members, total, subscriptions, balances, imported, problem } = view
  const { say, club } = visit
  const office = `/${club.slug}/office`
  return (
    <Page visit={visit} title={say('members.title')} tab="office">
      <a class="back" href={office}>
        <Icon name="left" />
        {say('office.title')}
      </a>
      <div class="title-row">
        <h1>{say('members.title')}</h1>
        <a class="button" href={`${office}/import`}>
          <Icon name="plus" />
          {say('import.title')}
        </a>
      </div>
      {imported && <Message kind="good">{say('import.done', imported)}</Message>}
      {visit.done === 'saved' && <Message kind="good">{say('saved')}</Message>}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      <form method="get" action={`${office}/members`} class="inline-form" role="search">
        <p class="field">
          <label for="q">{say('members.search')}</label>
          <input id="q" name="q" type="search" value={query} maxLength={60} autocomplete="off" />
        </p>
        <button>{say('members.find')}</button>
      </form>
      <p class="lead">{say('members.count', { n: total })}</p>
      <ul class="card people">
        {members.map((one) => (
          <li key={one.id}>
            <div>
              <strong>
                <bdi>{fullName(one)}</bdi>
              </strong>
              {!one.active && <span class="badge off">{say('members.inactive')}</span>}
              <span class="small">
                {one.email} · {say('members.born', { year: one.birthYear })} ·{' '}
                {subscriptions.find(({ id }) => id === one.subscriptionId)?.name}
                {one.licence && ` · ${one.licence}`}
              </span>
            </div>
            {one.active && <GuardianForm visit={visit} member={one} />}
            {one.active && (
              <SellTickets
                visit={visit}
                memberId={one.id}
                name={`${one.firstName} ${one.lastName}`}
                balance={balances.get(one.id) ?? 0}
              />
            )}
          </li>
        ))}
      </ul>
      {total > members.length && <p class="small">{say('members.more')}</p>}
      <form method="post" action={`${office}/members/export`} class="card stack">
        <button aria-describedby="export-hint">{say('members.export')}</button>
        <p id="export-hint" class="small">
          {say('members.exportHint')}
        </p>
      </form>
    </Page>
  )
}

/** Who acts for a member, where he is a child or has a guardian. */
function GuardianForm({ visit, member }: { visit: Visit; member: Listed }): VNode | null {
  const { say, club, today } = visit
  const { guardian } = member
  const isChild = member.birthYear > Number(today.slice(0, 4)) - ADULT_YEARS
  if (!isChild && !guardian) return null
  const id = `guardian-${member.id}`
  return (
    <details class="sell">
      <summary>
        <Icon name="people" />
        {guardian ? say('family.has', { name: guardian.name }) : say('family.none')}
      </summary>
      <form method="post" action={`/${club.slug}/office/members/${member.id}/guardian`}>
        <label for={id} class="small">
          {say('family.set', { name: `${member.firstName} ${member.lastName}` })}
        </label>
        <input
          id={id}
          name="email"
          type="email"
          maxLength={254}
          value={guardian?.email}
          autocomplete="off"
          class="wide"
        />
        <button>{say('save')}</button>
      </form>
    </details>
  )
}

export type ImportView = { readonly visit: Visit; readonly problem?: WordKey | undefined }

export function ImportPage({ visit, problem }: ImportView): VNode {
  const { say, club } = visit
  const office = `/${club.slug}/office`
  return (
    <Page visit={visit} title={say('import.title')} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`${office}/members`}>
            <Icon name="left" />
            {say('members.title')}
          </a>
          <h1>{say('import.title')}</h1>
          <p class="lead">{say('import.lead')}</p>
        </header>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <form
          method="post"
          action={`${office}/import`}
          encType="multipart/form-data"
          class="sheet-form"
        >
          <p class="field">
            <label for="file">{say('import.file')}</label>
            <input
              id="file"
              name="file"
              type="file"
              accept=".csv,.txt,text/csv,text/plain"
              aria-describedby="file-hint"
              required
            />
            <span id="file-hint" class="small">
              {say('import.columns')}
            </span>
          </p>
          <button class="primary">{say('import.look')}</button>
        </form>
      </article>
    </Page>
  )
}

export type ImportPreview = {
  readonly visit: Visit
  readonly id: string
  readonly lines: readonly Line[]
  readonly digest: string
}

const LINES_MAX = 100
const fates = ['refused', 'changed', 'new', 'same'] as const

export function ImportPreviewPage({ visit, id, lines, digest }: ImportPreview): VNode {
  const { say, club } = visit
  const office = `/${club.slug}/office`
  const isWork = lines.some(({ fate }) => fate === 'new' || fate === 'changed')
  return (
    <Page visit={visit} title={say('import.title')} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`${office}/import`}>
            <Icon name="left" />
            {say('import.title')}
          </a>
          <h1>{say('import.title')}</h1>
        </header>
        {fates.map((fate) => (
          <Fate key={fate} {...{ visit, fate, lines }} />
        ))}
        {isWork ? (
          <form method="post" action={`${office}/import/${id}`} class="sheet-part">
            <input type="hidden" name="digest" value={digest} />
            <button class="primary">{say('import.do')}</button>
          </form>
        ) : (
          <p class="hint">{say('import.nothing')}</p>
        )}
      </article>
    </Page>
  )
}

type FateProps = {
  readonly visit: Visit
  readonly fate: Line['fate']
  readonly lines: readonly Line[]
}

function Fate({ visit, fate, lines }: FateProps): VNode | null {
  const { say } = visit
  const own = lines.filter((line) => line.fate === fate)
  if (own.length === 0) return null
  return (
    <section class="sheet-part">
      <details open={fate === 'refused'}>
        <summary>{say(`import.${fate}`, { n: own.length })}</summary>
        <ul class="affected import-lines">
          {own.slice(0, LINES_MAX).map((line) => (
            <li key={line.row}>
              <span class="small">{say('import.row', { n: line.row })}</span>
              <span>
                <bdi>{line.name}</bdi> <span class="small">{line.email}</span>
              </span>
              {line.fate === 'refused' && <strong>{say(line.problem)}</strong>}
            </li>
          ))}
        </ul>
        {own.length > LINES_MAX && (
          <p class="small">{say('journal.more', { n: own.length - LINES_MAX })}</p>
        )}
      </details>
    </section>
  )
}

export type JoinView = {
  readonly visit: Visit
  readonly token: string
  /** Undefined when the link is used or too old. */
  readonly member: Member | undefined
  readonly problem?: WordKey | undefined
}

export function JoinPage({ visit, token, member, problem }: JoinView): VNode {
  const { say, club } = visit
  return (
    <Page visit={visit} title={say('join.title', { club: club.name })} tab="login">
      <div class="login">
        <img class="login-logo" src={logoAddress(club)} alt="" width="72" height="72" />
        <h1>{say('join.title', { club: club.name })}</h1>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        {!member && <Message kind="bad">{say('join.gone')}</Message>}
        {member && <p class="lead">{say('join.lead', { name: member.firstName })}</p>}
        {member && (
          <form method="post" action={`/${club.slug}/join/${token}`} class="card stack">
            <input hidden name="email" autocomplete="username" value={member.email} readOnly />
            <p class="field">
              <label for="password">{say('join.password')}</label>
              <input
                id="password"
                name="password"
                type="password"
                autocomplete="new-password"
                minLength={10}
                maxLength={256}
                required
              />
            </p>
            <button class="primary">{say('join.submit')}</button>
          </form>
        )}
      </div>
    </Page>
  )
}
