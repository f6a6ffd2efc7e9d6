/**
 * The application's templates: the list, and one as its reader would see it.
 *
 * What others wrote stands in a frame that can do nothing: no script, no form, nothing loaded, no
 * way out of it; its own answer says so once more.
 *
 * @module
 */
import type { VNode } from 'preact'
import { Shell } from '../shell.tsx'
import { Badge, type Inside } from './parts.tsx'
import type { MailView, TemplateView } from './ports.ts'

const looks = ['light', 'dark'] as const
export type Look = (typeof looks)[number]

export function isLook(value: unknown): value is Look {
  return looks.some((look) => look === value)
}

export function Templates({ templates }: Pick<MailView, 'templates'>): VNode {
  if (templates.length === 0)
    return (
      <p class="small">
        The application brings its own words. With <code>mailGateway.templates</code> it names them,
        and one source becomes text and HTML.
      </p>
    )
  return (
    <ul class="rows">
      {templates.map(({ name, language, subject, fault }) => (
        <li>
          <a href={addressOf('/mail/template', name, language)} data-row>
            <Badge tint={fault === '' ? 'proven' : 'failing'}>{language.toUpperCase()}</Badge>
            <span class="what">
              <b>{name}</b>
              <small>{fault === '' ? subject : fault}</small>
            </span>
            <span class="time">{fault === '' ? 'Preview' : 'Why'}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

type Props = Inside & { readonly template: TemplateView; readonly look: Look }

export function TemplatePage({ account, csrf, template, look }: Props): VNode {
  const { name, language, subject, text, fault, values } = template
  return (
    <Shell title={`Template ${name}`} here="/mail" account={account} csrf={csrf}>
      <p class="small">
        <a href="/mail">Mail</a> · as it leaves, with names in place of values. Nothing was sent.
      </p>
      <Choices {...{ template, look }} />
      {fault === '' ? (
        <>
          <dl class="facts mail-head">
            <dt>Subject</dt>
            <dd lang={language}>{subject}</dd>
            <dt>It asks for</dt>
            <dd>{values.length === 0 ? 'nothing' : values.join(', ')}</dd>
          </dl>
          <div class="faces">
            <Face {...{ name, language, look }} kind="phone" words="On a phone" />
            <Face {...{ name, language, look }} kind="desk" words="On a desk" />
          </div>
          <h2>In words alone</h2>
          <pre class="plain" lang={language} tabIndex={0}>
            {text}
          </pre>
        </>
      ) : (
        <p class="problem" role="alert">
          It cannot be sent: {fault}
        </p>
      )}
    </Shell>
  )
}

/** Links, so that they work without a script: every language there is, light and dark. */
function Choices({ template, look }: Pick<Props, 'template' | 'look'>): VNode {
  const { name, language, languages } = template
  return (
    <div class="choices">
      <nav class="spans" aria-label="Language">
        {languages.map((one) => (
          <a
            href={addressOf('/mail/template', name, one, look)}
            aria-current={one === language ? 'true' : undefined}
          >
            {one.toUpperCase()}
          </a>
        ))}
      </nav>
      <nav class="spans" aria-label="Look">
        {looks.map((one) => (
          <a
            href={addressOf('/mail/template', name, language, one)}
            aria-current={one === look ? 'true' : undefined}
          >
            {one === 'light' ? 'Light' : 'Dark'}
          </a>
        ))}
      </nav>
    </div>
  )
}

function Face(props: {
  readonly name: string
  readonly language: string
  readonly look: Look
  readonly kind: 'phone' | 'desk'
  readonly words: string
}): VNode {
  const { name, language, look, kind, words } = props
  return (
    <figure class={`face ${kind}`}>
      <figcaption>{words}</figcaption>
      <div>
        <iframe
          src={addressOf('/mail/template/face', name, language, look)}
          title={`${name}, ${words.toLowerCase()}, ${look}`}
          sandbox=""
        />
      </div>
    </figure>
  )
}

function addressOf(path: string, name: string, language: string, look?: Look): string {
  const query = new URLSearchParams({ name, language, ...(look === undefined ? {} : { look }) })
  return `${path}?${query}`
}

/**
 * The mail's HTML under one look, whatever the browser's own is. Links lead nowhere: a new window
 * is what a frame without rights may not open.
 */
export function framedMail(html: string, look: Look): string {
  return html
    .replaceAll(
      '@media (prefers-color-scheme: dark)',
      look === 'dark' ? '@media all' : '@media not all',
    )
    .replace('name="color-scheme" content="light dark"', `name="color-scheme" content="${look}"`)
    .replace('<head>', '<head>\n<base target="_blank">')
}
