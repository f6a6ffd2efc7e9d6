/**
 * Every sentence a reader of mail may see, in three languages.
 *
 * @module
 */

export const languages = ['nl', 'en', 'fr'] as const
export type Language = (typeof languages)[number]

export type Words = {
  readonly footer: string
  readonly footerSecurity: string
  readonly footerLink: string
  readonly title: string
  readonly ask: (list: string) => string
  readonly stop: string
  readonly stopped: (list: string) => string
  readonly resume: string
  readonly resumed: (list: string) => string
  readonly renewed: string
  readonly others: string
  readonly othersOf: (tenant: string) => string
  readonly isStopped: string
  readonly stopAll: string
  readonly stoppedAll: string
  readonly security: string
  readonly unknownTitle: string
  readonly unknown: string
  readonly languageLabel: string
}

export const words: Readonly<Record<Language, Words>> = {
  nl: {
    footer: 'Wilt u deze e-mails niet meer? Meld u af met één klik:',
    footerSecurity:
      'Dit bericht gaat over de veiligheid van uw account en wordt altijd verstuurd. ' +
      'Uw voorkeuren voor andere e-mails:',
    footerLink: 'E-mailvoorkeuren',
    title: 'E-mailvoorkeuren',
    ask: (list) => `Wilt u geen e-mails van de soort „${list}” meer ontvangen?`,
    stop: 'Afmelden',
    stopped: (list) => `U bent afgemeld. U krijgt geen e-mails van de soort „${list}” meer.`,
    resume: 'Toch weer aanmelden',
    resumed: (list) => `U bent weer aangemeld voor e-mails van de soort „${list}”.`,
    others: 'Andere e-mails die u van ons krijgt',
    othersOf: (tenant) => `Andere e-mails van „${tenant}”`,
    isStopped: 'afgemeld',
    stopAll: 'Voor alles afmelden',
    stoppedAll: 'U bent voor alles hiervan afgemeld.',
    renewed: 'Deze link is van vóór uw nieuwe aanmelding. Met de knop meldt u zich weer af.',
    security:
      'Berichten over de veiligheid van uw account, zoals een nieuw wachtwoord, blijft u krijgen.',
    unknownTitle: 'Deze link werkt niet',
    unknown: 'De link is onvolledig of niet van ons. Open hem opnieuw vanuit de e-mail.',
    languageLabel: 'Taal',
  },
  en: {
    footer: 'No longer want these e-mails? Unsubscribe with one click:',
    footerSecurity:
      'This message is about the security of your account and is always sent. ' +
      'Your preferences for other e-mails:',
    footerLink: 'E-mail preferences',
    title: 'E-mail preferences',
    ask: (list) => `Would you like to stop e-mails of the kind “${list}”?`,
    stop: 'Unsubscribe',
    stopped: (list) => `You are unsubscribed. You get no more e-mails of the kind “${list}”.`,
    resume: 'Subscribe again',
    resumed: (list) => `You are subscribed again to e-mails of the kind “${list}”.`,
    others: 'Other e-mails you get from us',
    othersOf: (tenant) => `Other e-mails from “${tenant}”`,
    isStopped: 'unsubscribed',
    stopAll: 'Unsubscribe from all',
    stoppedAll: 'You are unsubscribed from all of these.',
    renewed: 'This link is from before you subscribed again. The button unsubscribes you.',
    security:
      'You will always get messages about the security of your account, such as a new password.',
    unknownTitle: 'This link does not work',
    unknown: 'The link is incomplete or not ours. Open it again from the e-mail.',
    languageLabel: 'Language',
  },
  fr: {
    footer: 'Vous ne souhaitez plus ces e-mails ? Désabonnez-vous en un clic :',
    footerSecurity:
      'Ce message concerne la sécurité de votre compte et est toujours envoyé. ' +
      'Vos préférences pour les autres e-mails :',
    footerLink: 'Préférences e-mail',
    title: 'Préférences e-mail',
    ask: (list) => `Voulez-vous ne plus recevoir les e-mails de type «\u00a0${list}\u00a0»\u00a0?`,
    stop: 'Se désabonner',
    stopped: (list) => `C’est fait. Vous ne recevrez plus d’e-mails de type «\u00a0${list}\u00a0».`,
    resume: 'Se réabonner',
    resumed: (list) => `Vous êtes de nouveau abonné aux e-mails de type «\u00a0${list}\u00a0».`,
    others: 'Autres e-mails que vous recevez de nous',
    othersOf: (tenant) => `Autres e-mails de «\u00a0${tenant}\u00a0»`,
    isStopped: 'désabonné',
    stopAll: 'Se désabonner de tout',
    stoppedAll: 'Vous êtes désabonné de tous ces e-mails.',
    renewed: 'Ce lien date d’avant votre réabonnement. Le bouton vous désabonne.',
    security:
      'Vous recevrez toujours les messages sur la sécurité de votre compte (mot de passe, etc.).',
    unknownTitle: 'Ce lien ne fonctionne pas',
    unknown: 'Le lien est incomplet ou ne vient pas de nous. Ouvrez-le de nouveau depuis l’e-mail.',
    languageLabel: 'Langue',
  },
}

/** The first language we have in an Accept-Language or Content-Language value; Dutch otherwise. */
export function languageOf(header: string | undefined): Language {
  for (const part of (header ?? '').toLowerCase().split(',')) {
    const found = languages.find((language) => part.trim().startsWith(language))
    if (found) return found
  }
  return 'nl'
}
