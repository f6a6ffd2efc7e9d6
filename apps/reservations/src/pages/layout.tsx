/**
 * The frame of every page: head, header, navigation, news, content.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import type { Club } from '../model.ts'
import { centsOf, euros } from '../money.ts'
import { may } from '../rights.ts'
import { clockLabel, dateWords, wallClock } from '../time.ts'
import { assetPath } from '../web/assets.ts'
import type { Visit } from '../web/visit.ts'
import { languages, type Say } from '../words/say.ts'
import type { Language } from '../time.ts'
import { Icon, type IconName } from './icons.tsx'

export type Tab = 'day' | 'mine' | 'office' | 'me' | 'login' | 'none'

type HeadProps = {
  readonly title: string
  readonly language: Language
  readonly theme?: string
  readonly icon?: string
  readonly children: ComponentChildren
}

/** The document itself. `theme` is the address of the club's colour. */
export function Document({ title, language, theme, icon, children }: HeadProps): VNode {
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="stylesheet" href={assetPath('app.css')} />
        {theme && <link rel="stylesheet" href={theme} />}
        {icon && <link rel="icon" href={icon} />}
        <script type="module" src={assetPath('app.js')} />
      </head>
      <body>{children}</body>
    </html>
  )
}

type PageProps = {
  readonly visit: Visit
  readonly title: string
  readonly tab: Tab
  /** Wide pages hold the grid; the others are one comfortable column. */
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** A page of a club. */
export function Page({ visit, title, tab, wide = false, children }: PageProps): VNode {
  const { club, say, language } = visit
  const base = `/${club.slug}`
  const theme = `${base}/theme.css?v=${club.lookVersion}`
  const logo = logoAddress(club)
  return (
    <Document title={`${title} · ${club.name}`} {...{ language, theme }} icon={logo}>
      <a class="skip" href="#main">
        {say('nav.skip')}
      </a>
      <header class="top">
        <a class="brand" href={`${base}/day`}>
          <img src={logo} alt="" width="40" height="40" />
          <span class="brand-name">{club.name}</span>
        </a>
        <Navigation visit={visit} tab={tab} />
        <LanguageSwitch say={say} language={language} here={visit.here} />
      </header>
      <main id="main" class={wide ? 'wide' : 'column'} tabIndex={-1}>
        <Alerts visit={visit} />
        <News visit={visit} />
        {children}
      </main>
    </Document>
  )
}

/** The image the club brought, or the one drawn of its name. */
export function logoAddress({ slug, logoId, lookVersion }: Club): string {
  return logoId === null ? `/${slug}/logo.svg?v=${lookVersion}` : `/${slug}/logo/${logoId}`
}

type Link = {
  readonly tab: Tab
  readonly path: string
  readonly word: string
  readonly short: string
  readonly icon: IconName
}

function Navigation({ visit, tab }: { visit: Visit; tab: Tab }): VNode {
  const { club, member, say } = visit
  const day = say('nav.day')
  const links: Link[] = [{ tab: 'day', path: 'day', word: day, short: day, icon: 'calendar' }]
  if (member) {
    const [mine, short] = [say('nav.mine'), say('nav.mine.short')]
    links.push({ tab: 'mine', path: 'bookings', word: mine, short, icon: 'ball' })
    if (may(member, 'desk')) {
      const office = say('nav.office')
      links.push({ tab: 'office', path: 'office', word: office, short: office, icon: 'tools' })
    } else if (may(member, 'teach')) {
      const word = say('series.title')
      links.push({ tab: 'office', path: 'office/series', word, short: word, icon: 'cap' })
    }
    const [me, meShort] = [say('nav.me'), say('nav.me.short')]
    links.push({ tab: 'me', path: 'me', word: me, short: meShort, icon: 'person' })
  } else {
    const login = say('nav.login')
    links.push({ tab: 'login', path: 'login', word: login, short: login, icon: 'person' })
  }
  return (
    <nav class="tabs" aria-label={say('nav.label')}>
      {links.map((link) => (
        <a
          key={link.tab}
          href={`/${club.slug}/${link.path}`}
          aria-current={link.tab === tab ? 'page' : undefined}
        >
          <Icon name={link.icon} />
          <span class="long-word">{link.word}</span>
          <span class="short-word">{link.short}</span>
        </a>
      ))}
    </nav>
  )
}

/** Three links: a language is a choice of this browser, kept in a cookie. */
export function LanguageSwitch(props: { say: Say; language: Language; here: string }): VNode {
  const { say, language, here } = props
  return (
    <nav class="languages" aria-label={say('nav.language')}>
      {languages.map((one) => (
        <a
          key={one}
          href={`/language/${one}?to=${encodeURIComponent(here)}`}
          lang={one}
          hreflang={one}
          aria-current={one === language ? 'true' : undefined}
        >
          {one.toUpperCase()}
        </a>
      ))}
    </nav>
  )
}

/** What the other officers did with members' data; the page of every officer says it. */
function Alerts({ visit }: { visit: Visit }): VNode | null {
  const { officer, say, club, language } = visit
  if (!officer || officer.alerts.length === 0) return null
  const suspects = new Map(officer.alerts.flatMap(({ byId, by }) => (byId ? [[byId, by]] : [])))
  return (
    <section class="news" aria-labelledby="alerts">
      <h2 id="alerts">
        <Icon name="alert" />
        {say('alerts.title')}
      </h2>
      <ul>
        {officer.alerts.map(({ id, kind, by, count, atMs }) => {
          const when = whenWords(club.zone, atMs, language)
          return <li key={id}>{say(`alert.${kind}`, { by, count, when })}</li>
        })}
      </ul>
      <div class="news-acts">
        <form method="post" action={`/${club.slug}/office/alerts/read`}>
          <button class="quiet">{say('alerts.read')}</button>
        </form>
        {[...suspects].map(([id, by]) => (
          <form key={id} method="post" action={`/${club.slug}/office/cut`}>
            <input type="hidden" name="member" value={id} />
            <button class="danger">{say('alerts.cut', { by })}</button>
          </form>
        ))}
      </div>
    </section>
  )
}

function News({ visit }: { visit: Visit }): VNode | null {
  const { notices, say, club, language } = visit
  if (notices.length === 0) return null
  return (
    <section class="news" aria-labelledby="news">
      <h2 id="news">
        <Icon name="bell" />
        {say('notice.title')}
      </h2>
      <ul>
        {notices.map(({ id, kind, reason, courtName, startMs, to }) => {
          const when = whenWords(club.zone, startMs, language)
          const said = kind === 'refunded' ? euros(centsOf(reason) ?? 0, language) : reason
          return (
            <li key={id}>
              {to !== undefined && <strong>{to}: </strong>}
              {say(`notice.${kind}`, { court: courtName, when, reason: said })}
            </li>
          )
        })}
      </ul>
      <form method="post" action={`/${club.slug}/notices/read`}>
        <input type="hidden" name="to" value={visit.here} />
        <button class="quiet">{say('notice.read')}</button>
      </form>
    </section>
  )
}

/** `Tuesday 24 November 18:00`. */
export function whenWords(zone: string, instantMs: number, language: Language): string {
  const { date } = wallClock(zone, instantMs)
  return `${dateWords(date, language, 'long')} ${clockLabel(zone, instantMs)}`
}

/** A sentence that something went well, or did not; read aloud when the page opens. */
export function Message(props: {
  kind: 'good' | 'bad'
  title?: string
  children: ComponentChildren
}): VNode {
  const { kind, title, children } = props
  return (
    <div class={`message ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon name={kind === 'bad' ? 'alert' : 'check'} />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  )
}
