/**
 * The application's templates: a folder with a file for each name and language (`welcome.nl.mail`).
 *
 * @module
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeniedError } from '#lib/errors.ts'
import { languages, type Language } from '../words.ts'
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
}

/** A template as its reader would see it. */
export type TemplateFace = {
  readonly name: string
  readonly language: Language
  readonly subject: string
  readonly text: string
  /** Why it cannot be sent; '' when it can. */
  readonly fault: string
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
      // A folder that is away is told when a mail asks for one of it.
      const files = (await readdir(folder).catch((): string[] => [])).toSorted((a, b) =>
        a < b ? -1 : 1,
      )
      const named = files.flatMap((file) => {
        const [, name, tag] = FILE.exec(file) ?? []
        const language = languages.find((one) => one === tag)
        return name === undefined || language === undefined ? [] : [{ name, language }]
      })
      const shown = named.slice(0, FACES_MAX)
      return Promise.all(shown.map(({ name, language }) => faceOf(folder, name, language, hosts)))
    },
  }
}

/** What a file of a template is called. */
const FILE = /^([a-z0-9][a-z0-9-]{0,63})\.([a-z]{2})\.mail$/

async function faceOf(
  folder: string,
  name: string,
  language: Language,
  hosts: readonly string[],
): Promise<TemplateFace> {
  try {
    const template = await templateOf(folder, name, language)
    const { subject, text } = render(template, language, samples(template, hosts), hosts)
    return { name, language, subject, text, fault: '' }
  } catch (error) {
    if (!(error instanceof DeniedError)) throw error
    return { name, language, subject: '', text: '', fault: error.publicMessage }
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
