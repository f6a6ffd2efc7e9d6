/**
 * One notice to one recipient, with the fields of GDPR art. 33(3), in the recipient's language.
 *
 * @module
 */
import { words, type Language, type Words } from '#lib/claims/claim.ts'
import { lawAt } from '#lib/breach/duties.ts'
import { moment } from '#lib/page/wording.ts'
import type { Breach } from './register.ts'

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
  later: words(
    'Nog niet bekend; wij vullen dit zonder uitstel aan (art. 33, lid 4).',
    'Not known yet; we add it without delay (art. 33(4)).',
    'Pas encore connu ; nous le compléterons sans retard (art. 33, § 4).',
  ),
} as const satisfies Readonly<Record<string, Words>>

/** Plain text, ready for a letter or a mail. */
export function noticeText(
  breach: Breach,
  recipient: string,
  operator: { readonly name: string; readonly contact: string },
  language: Language,
): string {
  const { id, detail } = breach
  const later = texts.later[language]
  const count = (number: number | undefined): string =>
    number === undefined ? later : new Intl.NumberFormat(language).format(number)
  const customer = recipient.startsWith('tenant:')
  const fields: readonly Field[] = [
    [texts.reference, id],
    [texts.nature, detail.nature || later],
    [texts.detected, moment(detail.detectedMs, language)],
    [texts.aware, moment(detail.awareMs, language)],
    [texts.categories, detail.categories.join(', ') || later],
    [texts.persons, count(detail.persons)],
    [texts.records, count(detail.records)],
    [texts.consequences, detail.consequences || later],
    [texts.measures, detail.measures || later],
    [texts.contact, operator.contact],
  ]
  const hours = String(lawAt(detail.awareMs).authorityHours)
  return [
    texts.title[language],
    '',
    `${texts.to[language]}: ${recipient.replace('tenant:', '')}`,
    `${texts.from[language]}: ${operator.name}`,
    '',
    texts.lead[language],
    ...(customer ? [texts.yours[language].replace('{hours}', hours)] : []),
    '',
    ...fields.map(([name, value]) => `${name[language]}: ${value}`),
    '',
  ].join('\n')
}
