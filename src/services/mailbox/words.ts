/**
 * The mailbox's own words, in three languages.
 *
 * @module
 */
export type Language = 'nl' | 'en' | 'fr'

export type Words = {
  readonly title: string
  readonly intro: string
  readonly empty: string
  readonly from: string
  readonly to: string
  readonly date: string
  readonly unsubscribe: string
  readonly security: string
  readonly header: string
  readonly language: string
}

export const words: Readonly<Record<Language, Words>> = {
  nl: {
    title: 'Brievenbus van de demonstratie',
    intro:
      'Hier is geen internet: wat verstuurd zou zijn, ligt hier. Elke e-mail is nagekeken zoals ' +
      'een ontvanger dat doet; de DNS-gegevens komen uit de configuratie.',
    empty: 'Er is nog geen e-mail. Maak een reservering, en de bevestiging verschijnt hier.',
    from: 'Van',
    to: 'Aan',
    date: 'Datum',
    unsubscribe: 'Afmelden voor deze e-mails',
    security: 'Een bericht over de veiligheid van een account: het is niet af te melden.',
    header: 'Alle kopregels',
    language: 'Taal',
  },
  en: {
    title: 'Mailbox of the demonstration',
    intro:
      'There is no internet here: what would have been sent lies here. Each e-mail was checked ' +
      'as a receiver does; the DNS records are those of the configuration.',
    empty: 'No e-mail yet. Make a reservation, and its confirmation appears here.',
    from: 'From',
    to: 'To',
    date: 'Date',
    unsubscribe: 'Unsubscribe from these e-mails',
    security: 'A message about the security of an account: it cannot be switched off.',
    header: 'All header fields',
    language: 'Language',
  },
  fr: {
    title: 'Boîte aux lettres de la démonstration',
    intro:
      'Il n’y a pas d’internet ici : ce qui aurait été envoyé se trouve ici. Chaque e-mail est ' +
      'vérifié comme chez un destinataire ; les données DNS viennent de la configuration.',
    empty: 'Pas encore d’e-mail. Faites une réservation, et la confirmation apparaîtra ici.',
    from: 'De',
    to: 'À',
    date: 'Date',
    unsubscribe: 'Se désabonner de ces e-mails',
    security: 'Un message sur la sécurité d’un compte : on ne peut pas s’en désabonner.',
    header: 'Tous les en-têtes',
    language: 'Langue',
  },
}

/** The first language we have in an Accept-Language value; Dutch otherwise. */
export function languageOf(header: string | undefined): Language {
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const found = (['nl', 'en', 'fr'] as const).find((one) => part.trim().startsWith(one))
    if (found) return found
  }
  return 'nl'
}
