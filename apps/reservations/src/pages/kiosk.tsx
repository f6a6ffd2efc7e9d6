/**
 * The screen in the clubhouse: which games begin, and a field for the number. No names.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Game } from '../data/checkins.ts'
import { clockLabel } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Message, Page } from './layout.tsx'

export type KioskView = {
  readonly visit: Visit
  readonly games: readonly Game[]
  readonly here?: Game | undefined
  readonly problem?: WordKey | undefined
}

export function KioskPage({ visit, games, here, problem }: KioskView): VNode {
  const { say, club } = visit
  return (
    <Page visit={visit} title={say('kiosk.title')} tab="none">
      <h1>{say('kiosk.title')}</h1>
      <p class="lead">{say('kiosk.lead', { n: club.checkinMinutes })}</p>
      {here && <Message kind="good">{say('kiosk.welcome', { court: here.courtName })}</Message>}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      <form method="post" action={`/${club.slug}/kiosk`} class="card inline-form">
        <p class="field">
          <label for="pin">{say('kiosk.pin')}</label>
          <input
            id="pin"
            name="pin"
            inputMode="numeric"
            pattern="[0-9]{6}"
            maxLength={6}
            autocomplete="off"
            required
          />
        </p>
        <button class="primary">{say('kiosk.checkIn')}</button>
      </form>
      <ul class="card people">
        {games.map((game) => (
          <li key={game.id}>
            <strong>{game.courtName}</strong> {clockLabel(club.zone, game.startMs)}–
            {clockLabel(club.zone, game.endMs)}{' '}
            <span class={game.isHere ? 'badge' : 'badge off'}>
              {say(game.isHere ? 'kiosk.here' : 'kiosk.awaited')}
            </span>
          </li>
        ))}
        {games.length === 0 && <li>{say('kiosk.none')}</li>}
      </ul>
    </Page>
  )
}
