/**
 * What an incident is, and what one that opens by itself says.
 *
 * @module
 */
import { languages, words, type Language, type Words } from '#lib/claims/claim.ts'
import { moment } from '#lib/page/wording.ts'

/** By language. What staff write may exist in one language only; it is then shown as it is. */
export type Text = Readonly<Partial<Record<Language, string>>>

export const updateKinds = ['investigating', 'identified', 'monitoring', 'resolved'] as const
export type UpdateKind = (typeof updateKinds)[number]

export type IncidentUpdate = {
  readonly atMs: number
  readonly kind: UpdateKind
  readonly text: Text
}

export type Incident = {
  readonly id: number
  readonly origin: 'automatic' | 'staff'
  /** Identifiers of components. */
  readonly components: readonly string[]
  readonly title: Text
  readonly openedMs: number
  readonly resolvedMs?: number
  /** Newest first. */
  readonly updates: readonly IncidentUpdate[]
}

export type Maintenance = {
  readonly id: number
  readonly title: Text
  readonly fromMs: number
  readonly untilMs: number
}

/** The text in the reader's language, or in the first there is, with the language it is in. */
export function textIn(text: Text, language: Language): { text: string; language: Language } {
  const found = [language, ...languages].find((one) => text[one] !== undefined) ?? language
  return { text: text[found] ?? '', language: found }
}

/** When, in every language. */
export function plannedText(fromMs: number, untilMs: number): Words {
  const [nl, en, fr] = languages.map((one) => [moment(fromMs, one), moment(untilMs, one)] as const)
  return words(
    `Van ${nl?.[0]} tot ${nl?.[1]}.`,
    `From ${en?.[0]} until ${en?.[1]}.`,
    `Du ${fr?.[0]} au ${fr?.[1]}.`,
  )
}

export function automaticTitle(name: Words): Words {
  return words(
    `${name.nl} is niet bereikbaar`,
    `${name.en} cannot be reached`,
    `${name.fr} est injoignable`,
  )
}

export const automaticOpened: Words = words(
  'Onze metingen zien dit onderdeel niet meer antwoorden. Deze melding is vanzelf gemaakt.',
  'Our measurements no longer see this component answer. This notice was made by itself.',
  'Nos mesures ne voient plus ce composant répondre. Cet avis est automatique.',
)

export const automaticResolved: Words = words(
  'Het onderdeel antwoordt weer. Deze melding is vanzelf gesloten.',
  'The component answers again. This notice was closed by itself.',
  'Le composant répond à nouveau. Cet avis a été fermé automatiquement.',
)
