/**
 * Who runs the club, and with which rights.
 *
 * @module
 */
import type { VNode } from 'preact'
import { fullName } from '../data/members.ts'
import { roles } from '../data/staff.ts'
import type { Member, Role } from '../model.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'

export type StaffView = {
  readonly visit: Visit
  readonly staff: readonly Member[]
  /** As it was typed, when something was wrong with it. */
  readonly email?: string | undefined
  readonly problem?: WordKey | undefined
}

export function StaffPage(view: StaffView): VNode {
  const { visit, staff, problem, email } = view
  const { say, club, member } = visit
  const office = `/${club.slug}/office`
  return (
    <Page visit={visit} title={say('staff.title')} tab="office">
      <div class="stack inset">
        <a class="back" href={office}>
          <Icon name="left" />
          {say('office.title')}
        </a>
        <h1>{say('staff.title')}</h1>
        <p class="lead">{say('staff.lead')}</p>
        {visit.done === 'saved' && <Message kind="good">{say('staff.saved')}</Message>}
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <ul class="card people">
          {staff.map((one) => (
            <li key={one.id}>
              <div>
                <strong>
                  <bdi>{fullName(one)}</bdi>
                </strong>
                <span class="badge">{say(`role.${one.role}`)}</span>
                <span class="small">{one.email}</span>
              </div>
              {one.id !== member?.id && <RoleForm {...{ visit, one }} />}
            </li>
          ))}
        </ul>
        <form method="post" action={`${office}/staff`} class="card stack">
          <div>
            <h2>{say('staff.add')}</h2>
            <p class="small">{say('staff.addHint')}</p>
          </div>
          <p class="field">
            <label for="email">{say('login.email')}</label>
            <input id="email" name="email" type="email" value={email} maxLength={254} required />
          </p>
          <fieldset>
            <legend>{say('staff.role')}</legend>
            <div class="choices sentences">
              {staffRoles.map((role) => (
                <label key={role} class="choice">
                  <input type="radio" name="role" value={role} checked={role === 'assistant'} />
                  <span>
                    <strong>{say(`role.${role}`)}</strong>
                    <span class="small">{say(`role.${role}.may`)}</span>
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
          <p>
            <button class="primary">{say('staff.give')}</button>
          </p>
        </form>
      </div>
    </Page>
  )
}

const staffRoles = ['secretary', 'assistant', 'coach'] as const satisfies readonly Role[]

function RoleForm({ visit, one }: { visit: Visit; one: Member }): VNode {
  const { say, club } = visit
  const name = `${one.firstName} ${one.lastName}`
  const id = `role-${one.id}`
  return (
    <form method="post" action={`/${club.slug}/office/staff`} class="inline-form">
      <input type="hidden" name="email" value={one.email} />
      <p class="field">
        <label for={id} class="visually-hidden">
          {say('staff.roleOf', { name })}
        </label>
        <select id={id} name="role">
          {roles.map((role) => (
            <option key={role} value={role} selected={role === one.role}>
              {say(`role.${role}`)}
            </option>
          ))}
        </select>
      </p>
      <button class="quiet">
        {say('staff.save')}
        <span class="visually-hidden"> {name}</span>
      </button>
    </form>
  )
}
