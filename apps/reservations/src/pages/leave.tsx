/**
 * Leaving the club: what goes, a password, and a receipt.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'

export function LeavePage(props: { visit: Visit; problem?: WordKey | undefined }): VNode {
  const { visit, problem } = props
  const { say, club, member } = visit
  return (
    <Page visit={visit} title={say('leave.title')} tab="me">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`/${club.slug}/me`}>
            <Icon name="left" />
            {say('nav.me')}
          </a>
          <h1>{say('leave.title')}</h1>
          <p class="lead">{say('leave.lead')}</p>
        </header>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <p class="sheet-part">
          <a href={`/${club.slug}/me/data.json`}>{say('leave.export')}</a>
        </p>
        <form method="post" action={`/${club.slug}/me/leave`} class="sheet-form">
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
          <button class="danger">{say('leave.do')}</button>
        </form>
      </article>
    </Page>
  )
}

export function GonePage({ visit, receipt }: { visit: Visit; receipt: string }): VNode {
  const { say } = visit
  return (
    <Page visit={visit} title={say('leave.gone')} tab="none">
      <h1>{say('leave.gone')}</h1>
      <p class="lead">{say('leave.goneLead')}</p>
      <p>
        {say('leave.receipt')} <code>{receipt}</code>
      </p>
    </Page>
  )
}
