/**
 * The application's templates: a folder with a file for each name and language (`welcome.nl.mail`).
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeniedError } from '#lib/errors.ts'
import { withFooter } from '../footer.ts'
import { languages, words, type Language } from '../words.ts'
import {
  parseTemplate,
  render,
  wanted,
  type Rendered,
  type Template,
  type Values,
} from './template.ts'

export type TemplateBook = {
  /** @throws {DeniedError} MAIL_TEMPLATE_UNKNOWN, MAIL_TEMPLATE_INVALID, MAIL_TEMPLATE_VALUE. */
  render(name: string, language: string, values: Values): Promise<Rendered>
  /** All of them, each value as its own name, in the order of the names. */
  faces(): Promise<readonly TemplateFace[]>
  /** One of them whole; undefined when there is none of that name in that language. */
  page(name: string, language: string): Promise<TemplatePage | undefined>
}

/** A template as its reader would see it. */
export type TemplateFace = {
  readonly name: string
  readonly language: Language
  readonly subject: string
  /** Why it cannot be sent; '' when it can. */
  readonly fault: string
}

/** As it leaves, with the sentence that the gateway adds; '' where it cannot be sent. */
export type TemplatePage = TemplateFace & {
  readonly text: string
  readonly html: string
  /** What the application must fill in; addresses as `url:name`. */
  readonly values: readonly string[]
  /** In which this template exists. */
  readonly languages: readonly Language[]
}

/** More than these are not shown. */
const FACES_MAX = 60

/** @param hosts To which addresses in values may lead. */
export function templateBook(folder: string, hosts: readonly string[]): TemplateBook {
  return {
    render: async (name, asked, values) => {
      const language = languages.find((one) => one === asked) ?? 'nl'
      return render(await templateOf(folder, name, language), language, values, hosts)
    },
    faces: async () => {
      const shown = (await filesIn(folder)).slice(0, FACES_MAX)
      return Promise.all(
        shown.map(async (file): Promise<TemplateFace> => {
          const { name, language, subject, fault } = await pageOf(folder, file, hosts)
          return { name, language, subject, fault }
        }),
      )
    },
    page: async (name, asked) => {
      const files = (await filesIn(folder)).filter((file) => file.name === name)
      const file = files.find(({ language }) => language === asked)
      if (!file) return undefined
      const page = await pageOf(folder, file, hosts)
      return { ...page, languages: files.map(({ language }) => language) }
    },
  }
}

type TemplateFile = { readonly name: string; readonly language: Language }

/** In the order of their names. A folder that is away is told when a mail asks for one of it. */
async function filesIn(folder: string): Promise<readonly TemplateFile[]> {
  const files = await readdir(folder).catch((): string[] => [])
  return files
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap((file) => {
      const [, name, tag] = FILE.exec(file) ?? []
      const language = languages.find((one) => one === tag)
      return name === undefined || language === undefined ? [] : [{ name, language }]
    })
}

/** What a file of a template is called. */
const FILE = /^([a-z0-9][a-z0-9-]{0,63})\.([a-z]{2})\.mail$/

async function pageOf(
  folder: string,
  { name, language }: TemplateFile,
  hosts: readonly string[],
): Promise<Omit<TemplatePage, 'languages'>> {
  const named = { name, language }
  try {
    const template = await templateOf(folder, name, language)
    const shown = render(template, language, samples(template, hosts), hosts)
    return { ...named, ...asItLeaves(shown, language, hosts), values: wanted(template), fault: '' }
  } catch (error) {
    if (!(error instanceof DeniedError)) throw error
    return { ...named, subject: '', text: '', html: '', values: [], fault: error.publicMessage }
  }
}

/** With the gateway's own sentence, and an address of nobody in place of the reader's. */
export function asItLeaves(
  { subject, text, html }: Rendered,
  language: Language,
  hosts: readonly string[],
): Rendered {
  const out = {
    category: 'transactional',
    unsubscribeUrl: `https://${hosts[0] ?? 'localhost'}/u/…`,
  } as const
  const footed = (type: 'text/plain' | 'text/html', one: string): string =>
    withFooter({ type, charset: 'utf-8', text: one }, out, words[language])
  return {
    subject,
    text: footed('text/plain', text.replaceAll('\n', '\r\n')).replaceAll('\r\n', '\n'),
    html: footed('text/html', html),
  }
}

function samples(template: Template, hosts: readonly string[]): Values {
  const values = wanted(template).map((name) =>
    name.startsWith('url:')
      ? [name.slice('url:'.length), `https://${hosts[0] ?? 'localhost'}/`]
      : [name, `«${name}»`],
  )
  return Object.fromEntries(values) as Values
}

/** The template in the language; in another one rather than none. */
export async function templateOf(
  folder: string,
  name: string,
  language: Language,
): Promise<Template> {
  for (const one of [language, ...languages]) {
    const source = await sourceOf(folder, name, one)
    if (source !== undefined) return parseTemplate(source)
  }
  const said = `there is no template ${name}`
  throw new DeniedError('MAIL_TEMPLATE_UNKNOWN', said, said)
}

async function sourceOf(
  folder: string,
  name: string,
  language: Language,
): Promise<string | undefined> {
  // The name is a name and no path: whoever may send mail may not read files.
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) return undefined
  try {
    return await readFile(join(folder, `${name}.${language}.mail`), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
