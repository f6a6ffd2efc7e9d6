/**
 * The club itself: name, colour and logo, with a look at both kinds of page before saving.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Look } from '../data/look.ts'
import { CONTRAST_AA, type Reading } from '../web/theme.ts'
import type { Visit } from '../web/visit.ts'
import { languages } from '../words/say.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { logoAddress, Message, Page } from './layout.tsx'

export type ClubView = {
  readonly visit: Visit
  readonly draft: Look
  readonly reading: Reading
  /** As it was read; saving with another means somebody else saved meanwhile. */
  readonly version: number
  /** Whether the draft is shown, and not what holds. */
  readonly isPreview: boolean
  readonly problem?: WordKey | undefined
}

const languageNames = { nl: 'Nederlands', fr: 'Français', en: 'English' } as const

export function ClubPage(view: ClubView): VNode {
  const { visit, problem } = view
  const { say, club } = visit
  return (
    <Page visit={visit} title={say('club.title')} tab="office">
      <div class="stack inset">
        <a class="back" href={`/${club.slug}/office`}>
          <Icon name="left" />
          {say('office.title')}
        </a>
        <h1>{say('club.title')}</h1>
        <p class="lead">{say('club.lead')}</p>
        {visit.done === 'saved' && <Message kind="good">{say('saved')}</Message>}
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <LookForm {...view} />
        <LogoCard {...view} />
      </div>
    </Page>
  )
}

function LookForm(view: ClubView): VNode {
  const { visit, draft, version } = view
  const { say, club } = visit
  return (
    <form method="post" action={`/${club.slug}/office/club`} class="card stack">
      <input type="hidden" name="version" value={version} />
      <p class="field">
        <label for="name">{say('club.name')}</label>
        <input id="name" name="name" value={draft.name} maxLength={80} required />
      </p>
      <div class="field-row">
        <p class="field">
          <label for="town">{say('club.town')}</label>
          <input id="town" name="town" value={draft.town} maxLength={80} />
        </p>
        <p class="field">
          <label for="language">{say('club.language')}</label>
          <select id="language" name="language" aria-describedby="language-hint">
            {languages.map((one) => (
              <option key={one} value={one} selected={one === draft.language}>
                {languageNames[one]}
              </option>
            ))}
          </select>
          <span id="language-hint" class="small">
            {say('club.languageHint')}
          </span>
        </p>
      </div>
      <p class="small">{say('club.zone', { zone: club.zone })}</p>
      <p class="field colour-field">
        <label for="colour">{say('club.colour')}</label>
        <input
          id="colour"
          name="colour"
          type="color"
          value={draft.colour}
          aria-describedby="colour-reading"
        />
      </p>
      <ColourReading {...view} />
      <Shots {...view} />
      <div class="news-acts">
        <button class="primary" name="act" value="save">
          {say('save')}
        </button>
        <button class="quiet" name="act" value="preview">
          {say('club.preview')}
        </button>
      </div>
    </form>
  )
}

/** Said of every colour: whether it can be read, and which one could. */
function ColourReading({ visit, draft, reading }: ClubView): VNode {
  const { say, language } = visit
  const ratio = (value: number): string =>
    // Rounded down: 4.49 is not enough, and must not read as 4.5.
    (Math.floor(value * 10) / 10).toLocaleString(language, { minimumFractionDigits: 1 })
  const { nearest, contrast, dark, darkContrast } = reading
  if (contrast >= CONTRAST_AA) {
    const figures = { light: ratio(contrast), shade: dark, dark: ratio(darkContrast) }
    return (
      <p id="colour-reading" class="small">
        {say('club.readable', figures)}
      </p>
    )
  }
  const values = { colour: draft.colour, light: ratio(contrast), nearest }
  return (
    <div id="colour-reading" class="stack">
      <Message kind="bad">{say('club.unreadable', values)}</Message>
      <p>
        <button name="nearest" value={nearest}>
          {say('club.takeNearest', { nearest })}
        </button>
      </p>
    </div>
  )
}

/** A piece of a page in the light and in the dark, whatever the device shows now. */
function Shots({ visit, draft, isPreview }: ClubView): VNode {
  const { say, club } = visit
  const office = `/${club.slug}/office/club`
  const query = new URLSearchParams({ name: draft.name, colour: draft.colour }).toString()
  const logo = club.logoId === null ? `${office}/preview.svg?${query}` : logoAddress(club)
  return (
    <section class="shots" aria-labelledby="shots">
      <link rel="stylesheet" href={`${office}/preview.css?${query}`} />
      <h2 id="shots">{say('club.shots')}</h2>
      {isPreview && <p class="small">{say('club.shotsHint')}</p>}
      <div class="shot-row">
        {(['light', 'dark'] as const).map((kind) => (
          <div key={kind} class={`shot shot-${kind}`}>
            <p class="shot-head">
              <img src={logo} alt="" width="40" height="40" />
              <strong>{draft.name}</strong>
            </p>
            <p class="shot-body">
              <span class="shot-kind">{say(`club.${kind}`)}</span>
              <span class="shot-link">{say('club.sampleLink')}</span>
              <span class="shot-button">{say('club.sampleButton')}</span>
            </p>
          </div>
        ))}
      </div>
    </section>
  )
}

function LogoCard({ visit, version }: ClubView): VNode {
  const { say, club } = visit
  const base = `/${club.slug}/office/club/logo`
  return (
    <section class="card stack">
      <div class="logo-now">
        <img src={logoAddress(club)} alt="" width="72" height="72" />
        <div>
          <h2>{say('logo.title')}</h2>
          <p class="small">{say(club.logoId === null ? 'logo.drawn' : 'logo.own')}</p>
        </div>
      </div>
      <form
        method="post"
        action={`${base}?version=${version}`}
        encType="multipart/form-data"
        class="stack"
      >
        <p class="field">
          <label for="file">{say('logo.file')}</label>
          <input
            id="file"
            name="file"
            type="file"
            accept="image/png"
            aria-describedby="file-hint"
            required
          />
          <span id="file-hint" class="small">
            {say('logo.hint')}
          </span>
        </p>
        <p>
          <button>{say('logo.save')}</button>
        </p>
      </form>
      {club.logoId !== null && (
        <form method="post" action={`${base}/drop`}>
          <input type="hidden" name="version" value={version} />
          <button class="quiet">{say('logo.drop')}</button>
        </form>
      )}
    </section>
  )
}
