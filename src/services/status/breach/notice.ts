/**
 * One notice to one recipient, with the fields of GDPR art. 33(3), in the recipient's language.
 *
 * @module
 */
import { words, type Language, type Words } from '#lib/claims/claim.ts'
import { lawAt } from '#lib/breach/duties.ts'
import { fill, moment } from '#lib/page/wording.ts'
import type { Breach, BreachExposure, CustomerExposure } from './register.ts'
import { categories, closed, nature, uncertain } from './words.ts'

type Field = readonly [Words, string]

const texts = {
  title: words('Melding van een datalek', 'Notice of a data breach', 'Notification de violation'),
  to: words('Aan', 'To', 'À'),
  from: words('Van', 'From', 'De'),
  reference: words('Kenmerk', 'Reference', 'Référence'),
  lead: words(
    'Wij melden u een inbreuk in verband met persoonsgegevens, zoals artikel 33 van de AVG vraagt.',
    'We notify you of a personal data breach, as article 33 of the GDPR requires.',
    'Nous vous notifions une violation de données à caractère personnel (article 33 du RGPD).',
  ),
  yours: words(
    'U bent voor deze gegevens de verwerkingsverantwoordelijke. Uw eigen termijn van {hours} uur ' +
      'om de toezichthouder in te lichten begint wanneer u hiervan kennis neemt.',
    'You are the controller of these data. Your own {hours} hours to notify the authority begin ' +
      'when you become aware of this.',
    'Vous êtes le responsable du traitement. Votre propre délai de {hours} heures pour notifier ' +
      'l’autorité court dès que vous en prenez connaissance.',
  ),
  nature: words('Wat er is gebeurd', 'What happened', 'Nature de la violation'),
  detected: words('Ontdekt', 'Detected', 'Détectée'),
  aware: words('Zekerheid gekregen', 'Became certain', 'Connaissance acquise'),
  categories: words('Soorten gegevens', 'Categories of data', 'Catégories de données'),
  persons: words('Personen (ongeveer)', 'Persons (about)', 'Personnes (environ)'),
  records: words('Gegevens (ongeveer)', 'Records (about)', 'Enregistrements (environ)'),
  consequences: words('Waarschijnlijke gevolgen', 'Likely consequences', 'Conséquences probables'),
  measures: words('Wat wij deden en doen', 'What we did and do', 'Mesures prises'),
  contact: words('Wie uw vragen beantwoordt', 'Who answers questions', 'Point de contact'),
  columns: words('Velden', 'Columns', 'Champs'),
  update: words(
    'Aanvulling op de melding van een datalek',
    'Addition to the notice of a data breach',
    'Complément à la notification de violation',
  ),
  since: words(
    'Dit vult onze melding van {at} aan.',
    'This adds to our notice of {at}.',
    'Ceci complète notre notification du {at}.',
  ),
  later: words(
    'Nog niet bekend; wij vullen dit zonder uitstel aan (art. 33, lid 4).',
    'Not known yet; we add it without delay (art. 33(4)).',
    'Pas encore connu ; nous le compléterons sans retard (art. 33, § 4).',
  ),
} as const satisfies Readonly<Record<string, Words>>

/** A notice, and how much of it is filled in. */
export type Notice = {
  readonly subject: string
  /** Plain text, ready for a letter or a mail. */
  readonly text: string
  readonly language: Language
  /** Fields of art. 33(3) that it has, and those of them that are known. */
  readonly fields: number
  readonly filled: number
}

export type Operator = { readonly name: string; readonly contact: string }

/** The language and the numbers are the recipient's own, where the audit trail gave them. */
export function noticeOf(
  breach: Breach,
  recipient: string,
  operator: Operator,
  asked: Language | undefined,
): Notice {
  const { id, detail, told } = breach
  const own = detail.exposure?.tenants.find(({ tenant }) => recipient === `tenant:${tenant}`)
  const language = asked ?? own?.language ?? 'en'
  const facts = factsOf(breach, own, operator, language)
  const later = texts.later[language]
  const before = told.findLast((one) => one.recipient === recipient)
  const customer = recipient.startsWith('tenant:')
  const hours = String(lawAt(detail.awareMs).authorityHours)
  const subject = `${(before ? texts.update : texts.title)[language]} (${id})`
  const text = [
    subject,
    '',
    `${texts.to[language]}: ${own?.name ?? recipient.replace('tenant:', '')}`,
    `${texts.from[language]}: ${operator.name}`,
    '',
    texts.lead[language],
    ...(before ? [fill(texts.since[language], { at: moment(before.atMs, language) })] : []),
    ...(customer ? [fill(texts.yours[language], { hours })] : []),
    '',
    ...facts.map(([name, value]) => `${name[language]}: ${value || later}`),
    '',
  ].join('\n')
  const filled = facts.filter(([, value]) => value !== '').length
  return { subject, text, language, fields: facts.length, filled }
}

/** The fields of art. 33(3), '' where nothing is known yet. */
function factsOf(
  { id, detail }: Breach,
  own: CustomerExposure | undefined,
  operator: Operator,
  language: Language,
): readonly Field[] {
  const { exposure } = detail
  const all = exposure?.tenants ?? []
  const number = new Intl.NumberFormat(language)
  const count = (known: number | undefined): string =>
    known === undefined ? '' : number.format(known)
  // Persons of two customers are two persons to them, though they may be one.
  const sum = (of: (one: CustomerExposure) => number): number | undefined =>
    exposure ? all.reduce((total, one) => total + of(one), 0) : undefined
  const kinds = own?.categories ?? (all.length > 0 ? union(all, 'categories') : detail.categories)
  const columns = own?.columns ?? union(all, 'columns')
  const named = kinds.map((kind) => categories[kind]?.name[language] ?? kind)
  const consequences = kinds.flatMap((kind) => categories[kind]?.consequence[language] ?? [])
  const certain = exposure && exposure.unclear > 0 ? unclearText(exposure, language) : ''
  return [
    [texts.reference, id],
    [texts.nature, [detail.nature || natureText(exposure, language), certain].join(' ').trim()],
    [texts.detected, moment(detail.detectedMs, language)],
    [texts.aware, moment(detail.awareMs, language)],
    [texts.categories, named.join(', ')],
    [texts.columns, columns.join(', ')],
    [texts.persons, count(own?.persons ?? detail.persons ?? sum(({ persons }) => persons))],
    [texts.records, count(own?.records ?? detail.records ?? sum(({ records }) => records))],
    [texts.consequences, detail.consequences || consequences.join(' ')],
    [texts.measures, detail.measures || closedText(exposure, language)],
    [texts.contact, operator.contact],
  ]
}

function natureText(exposure: BreachExposure | undefined, language: Language): string {
  if (!exposure) return ''
  const { account, address, fromMs, toMs } = exposure
  const [from, to] = [moment(fromMs, language), moment(toMs, language)]
  return fill(nature[language], { account, address, from, to })
}

function closedText(exposure: BreachExposure | undefined, language: Language): string {
  if (exposure?.closedMs === undefined) return ''
  return fill(closed[language], { at: moment(exposure.closedMs, language) })
}

function unclearText({ unclear, statements }: BreachExposure, language: Language): string {
  return fill(uncertain[language], { count: unclear, all: statements })
}

function union(all: readonly CustomerExposure[], of: 'categories' | 'columns'): readonly string[] {
  return [...new Set(all.flatMap((one) => one[of]))].toSorted()
}
