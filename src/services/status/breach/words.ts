/**
 * The words of a breach notice: categories of data, what may come of it, what was done.
 *
 * @module
 */
import { words, type Words } from '#lib/claims/claim.ts'

type Category = { readonly name: Words; readonly consequence: Words }

/** Categories with words of their own; any other is shown as the configuration writes it. */
export const categories: Readonly<Record<string, Category>> = {
  contact: {
    name: words('contactgegevens', 'contact details', 'coordonnées'),
    consequence: words(
      'Men kan de betrokkenen ongevraagde of bedrieglijke berichten sturen (phishing).',
      'The persons may be sent unwanted or deceiving messages (phishing).',
      'Les personnes peuvent recevoir des messages indésirables ou trompeurs (hameçonnage).',
    ),
  },
  identity: {
    name: words('naam en leeftijd', 'name and age', 'nom et âge'),
    consequence: words(
      'Iemand kan zich voor een betrokkene uitgeven.',
      'Somebody may pretend to be one of the persons.',
      'Quelqu’un peut se faire passer pour une des personnes.',
    ),
  },
  credentials: {
    name: words(
      'versleutelde wachtwoorden of sessies',
      'hashed passwords or sessions',
      'mots de passe hachés ou sessions',
    ),
    consequence: words(
      'Zwakke wachtwoorden kunnen worden geraden en elders geprobeerd.',
      'Weak passwords may be guessed and tried elsewhere.',
      'Les mots de passe faibles peuvent être devinés et essayés ailleurs.',
    ),
  },
  membership: {
    name: words('lidmaatschap', 'membership', 'adhésion'),
    consequence: words(
      'Bekend kan worden wie lid is, en waarvan.',
      'It may become known who is a member, and of what.',
      'On peut apprendre qui est membre, et de quoi.',
    ),
  },
  preferences: {
    name: words('voorkeuren', 'preferences', 'préférences'),
    consequence: words(
      'De voorkeuren van de betrokkenen kunnen bekend worden.',
      'The preferences of the persons may become known.',
      'Les préférences des personnes peuvent être connues.',
    ),
  },
  whereabouts: {
    name: words('wanneer iemand waar is', 'when somebody is where', 'quand quelqu’un se trouve où'),
    consequence: words(
      'Bekend kan worden wanneer iemand waar is, of niet thuis.',
      'It may become known when somebody is where, or not at home.',
      'On peut apprendre quand quelqu’un se trouve où, ou n’est pas chez lui.',
    ),
  },
}

export const nature: Words = words(
  'Met het account {account} zijn vanaf {address}, tussen {from} en {to}, gegevens gelezen die ' +
    'niet voor de gebruiker bestemd waren (verlies van vertrouwelijkheid).',
  'With the account {account}, from {address}, between {from} and {to}, data were read that were ' +
    'not meant for whoever used it (loss of confidentiality).',
  'Avec le compte {account}, depuis {address}, entre {from} et {to}, des données ont été lues ' +
    'par quelqu’un à qui elles n’étaient pas destinées (perte de confidentialité).',
)

export const closed: Words = words(
  'Het wachtwoord van dit account is vervangen op {at}; het oude opent niets meer.',
  'The password of this account was replaced at {at}; the old one opens nothing any more.',
  'Le mot de passe de ce compte a été remplacé le {at} ; l’ancien n’ouvre plus rien.',
)

export const uncertain: Words = words(
  'Van {count} van de {all} opdrachten is de omvang nog niet zeker; wij vullen dit aan.',
  'Of {count} of the {all} statements the extent is not certain yet; we add to this.',
  'Pour {count} des {all} requêtes, l’étendue n’est pas encore certaine ; nous compléterons.',
)
