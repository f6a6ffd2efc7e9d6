/**
 * The application's templates: a folder with a file for each name and language (`welcome.nl.mail`).
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeniedError } from '#lib/errors.ts'
import { languages, type Language } from '../words.ts'
import { parseTemplate, render, type Rendered, type Template, type Values } from './template.ts'

export type TemplateBook = {
  /** @throws {DeniedError} MAIL_TEMPLATE_UNKNOWN, MAIL_TEMPLATE_INVALID, MAIL_TEMPLATE_VALUE. */
  render(name: string, language: string, values: Values): Promise<Rendered>
}

/** @param hosts To which addresses in values may lead. */
export function templateBook(folder: string, hosts: readonly string[]): TemplateBook {
  return {
    render: async (name, wanted, values) => {
      const language = languages.find((one) => one === wanted) ?? 'nl'
      return render(await templateOf(folder, name, language), language, values, hosts)
    },
  }
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
