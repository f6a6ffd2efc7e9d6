/**
 * The doors: choosing a club, logging in, and what is said when something is not there.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import { demoAccounts, DEMO_PASSWORD } from '../demo/accounts.ts'
import type { Club } from '../model.ts'
import type { Language } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import { sayIn } from '../words/say.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Document, LanguageSwitch, logoAddress, Message, Page } from './layout.tsx'

export function ClubsPage(props: { clubs: readonly Club[]; language: Language }): VNode {
  const { clubs, language } = props
  const say = sayIn(language)
  return (
    <Document title={say('clubs.title')} language={language}>
      <header class="top bare">
        <LanguageSwitch say={say} language={language} here="/" />
      </header>
      <main class="column clubs">
        <h1>{say('clubs.title')}</h1>
        <p class="lead">{say('clubs.lead')}</p>
        <ul class="cards">
          {clubs.map((club) => (
            <li key={club.id}>
              <a class="club-card" href={`/${club.slug}/day`}>
                <img src={logoAddress(club)} alt="" width="64" height="64" />
                <span>
                  <strong>{club.name}</strong>
                  <span class="small">{club.town}</span>
                </span>
                <span class="club-enter">
                  {say('clubs.enter')} <Icon name="right" />
                </span>
              </a>
            </li>
          ))}
        </ul>
      </main>
    </Document>
  )
}

export type LogInView = {
  readonly visit: Visit
  readonly to: string
  readonly email: string
  readonly problem: 'login.wrong' | 'login.wait' | undefined
  readonly demo: boolean
}

export function LogInPage({ visit, to, email, problem, demo }: LogInView): VNode {
  const { say, club } = visit
  const action = `/${club.slug}/login`
  return (
    <Page visit={visit} title={say('nav.login')} tab="login">
      <div class="login">
        <img class="login-logo" src={logoAddress(club)} alt="" width="72" height="72" />
        <h1>{say('login.title', { club: club.name })}</h1>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        {!problem && to !== '' && <p class="lead">{say('login.first')}</p>}
        <form method="post" action={action} class="card stack">
          <input type="hidden" name="to" value={to} />
          <p class="field">
            <label for="email">{say('login.email')}</label>
            <input
              id="email"
              name="email"
              type="email"
              autocomplete="username"
              inputMode="email"
              maxLength={254}
              value={email}
              required
            />
          </p>
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
          <button class="primary">{say('login.submit')}</button>
        </form>
        {demo && <DemoAccounts visit={visit} to={to} />}
      </div>
    </Page>
  )
}

/** One press logs in: the made-up accounts are printed in the README anyway. */
function DemoAccounts({ visit, to }: { visit: Visit; to: string }): VNode | null {
  const { say, club } = visit
  const accounts = demoAccounts[club.slug]
  if (!accounts) return null
  return (
    <section class="demo" aria-labelledby="demo">
      <h2 id="demo">{say('login.demo')}</h2>
      <p>{say('login.demoLead')}</p>
      <div class="demo-roles">
        {(['member', 'secretary'] as const).map((role) => (
          <form key={role} method="post" action={`/${club.slug}/login`}>
            <input type="hidden" name="to" value={to} />
            <input type="hidden" name="email" value={accounts[role]} />
            <input type="hidden" name="password" value={DEMO_PASSWORD} />
            <button class="role">
              <strong>{say(role === 'member' ? 'login.demoMember' : 'login.demoSecretary')}</strong>
              <span class="small">{accounts[role]}</span>
            </button>
          </form>
        ))}
      </div>
      <p class="small">{say('login.demoPassword', { password: DEMO_PASSWORD })}</p>
    </section>
  )
}

export type Fault = 'missing' | 'away' | 'origin' | 'form' | 'broken' | 'busy'

const faultWords: Readonly<Record<Fault, readonly [title: WordKey, lead: WordKey]>> = {
  missing: ['fault.missing', 'fault.missingLead'],
  away: ['fault.away', 'fault.awayLead'],
  origin: ['fault.origin', 'fault.originLead'],
  form: ['fault.form', 'fault.formLead'],
  broken: ['fault.broken', 'fault.brokenLead'],
  busy: ['fault.away', 'refuse.busy'],
}

/** Needs no database, so it can be shown when there is none. */
export function FaultPage(props: { fault: Fault; language: Language; retry: string }): VNode {
  const { fault, language, retry } = props
  const say = sayIn(language)
  const [title, lead] = faultWords[fault]
  const mayRetry = fault === 'away' || fault === 'busy' || fault === 'broken'
  return (
    <Document title={say(title)} language={language}>
      <main class="column fault">
        <Icon name={fault === 'missing' ? 'ball' : 'clock'} />
        <h1>{say(title)}</h1>
        <p class="lead">{say(lead)}</p>
        <p>
          <a class="button primary" href={mayRetry ? retry : '/'}>
            {mayRetry ? say('fault.retry') : say('nav.clubs')}
          </a>
        </p>
      </main>
    </Document>
  )
}

/** A heading with an icon, for cards. */
export function CardHead(props: { children: ComponentChildren }): VNode {
  return <h2 class="card-head">{props.children}</h2>
}
