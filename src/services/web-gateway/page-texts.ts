/**
 * What a visitor reads when the gateway itself answers: what happened, and what to do.
 *
 * @module
 */
import type { PageStatus } from './refusals.ts'

export type Language = 'en' | 'nl' | 'fr'

export const languages: readonly Language[] = ['en', 'nl', 'fr']

/** A heading, what happened, what to do. */
export type PageText = readonly [title: string, happened: string, advice: string]

export const requestNumber: Readonly<Record<Language, string>> = {
  en: 'Request number',
  nl: 'Nummer van het verzoek',
  fr: 'Numéro de la demande',
}

export const pageTexts: Readonly<
  Record<PageStatus | 'login' | 'rate', Readonly<Record<Language, PageText>>>
> = {
  400: {
    en: [
      'We could not read this request',
      'What your browser or program sent does not follow the rules of the web, so it stopped here.',
      'Go back and try again. If you wrote the program yourself, check the request it sends.',
    ],
    nl: [
      'We konden dit verzoek niet lezen',
      'Wat uw browser of programma stuurde, volgt de regels van het web niet. Het stopt hier.',
      'Ga terug en probeer opnieuw. Schreef u het programma zelf, kijk dan na wat het verstuurt.',
    ],
    fr: [
      'Nous n’avons pas pu lire cette demande',
      'Ce que votre navigateur a envoyé ne suit pas les règles du web ; c’est resté ici.',
      'Revenez et réessayez. Si le programme est le vôtre, vérifiez ce qu’il envoie.',
    ],
  },
  405: {
    en: [
      'This kind of request is not accepted',
      'The method of the request is switched off here, for everybody’s safety.',
      'Use an ordinary browser, or another method.',
    ],
    nl: [
      'Dit soort verzoek wordt niet aangenomen',
      'De methode van het verzoek staat hier uit, voor ieders veiligheid.',
      'Gebruik een gewone browser, of een andere methode.',
    ],
    fr: [
      'Ce type de demande n’est pas accepté',
      'La méthode de la demande est désactivée ici, pour la sécurité de tous.',
      'Utilisez un navigateur ordinaire, ou une autre méthode.',
    ],
  },
  408: {
    en: [
      'The request took too long to arrive',
      'Only a part of it reached us before the time was up.',
      'Check your connection and try again.',
    ],
    nl: [
      'Het verzoek deed er te lang over',
      'Maar een deel ervan kwam op tijd aan.',
      'Controleer uw verbinding en probeer opnieuw.',
    ],
    fr: [
      'La demande a mis trop de temps à arriver',
      'Une partie seulement nous est parvenue dans le temps prévu.',
      'Vérifiez votre connexion et réessayez.',
    ],
  },
  413: {
    en: [
      'This is too large to send',
      'The file or form is larger than this site accepts.',
      'Make it smaller, or send it in parts.',
    ],
    nl: [
      'Dit is te groot om te versturen',
      'Het bestand of formulier is groter dan deze site aanneemt.',
      'Maak het kleiner, of verstuur het in delen.',
    ],
    fr: [
      'C’est trop volumineux',
      'Le fichier ou le formulaire est plus grand que ce que ce site accepte.',
      'Réduisez-le, ou envoyez-le en plusieurs parties.',
    ],
  },
  414: {
    en: [
      'The address is too long',
      'The address of the page is longer than this site accepts.',
      'Start from the home page and try another way.',
    ],
    nl: [
      'Het adres is te lang',
      'Het adres van de pagina is langer dan deze site aanneemt.',
      'Begin op de startpagina en probeer een andere weg.',
    ],
    fr: [
      'L’adresse est trop longue',
      'L’adresse de la page est plus longue que ce que ce site accepte.',
      'Partez de la page d’accueil et essayez un autre chemin.',
    ],
  },
  417: {
    en: [
      'We cannot do what the request expects',
      'It asks for something beyond this site’s abilities before it goes on.',
      'Send it without an Expect field.',
    ],
    nl: [
      'We kunnen niet doen wat het verzoek verwacht',
      'Het vraagt vooraf iets dat deze site niet kan.',
      'Verstuur het zonder Expect-veld.',
    ],
    fr: [
      'Nous ne pouvons pas faire ce que la demande attend',
      'Elle exige d’abord quelque chose que ce site ne sait pas faire.',
      'Envoyez-la sans le champ Expect.',
    ],
  },
  421: {
    en: [
      'There is no site of this name here',
      'The address leads to this machine, but no site of that name is set up on it.',
      'Check the address. If the site is yours, add its name to webGateway.hosts.',
    ],
    nl: [
      'Hier is geen site met deze naam',
      'Het adres leidt naar deze machine, maar er is geen site met die naam op ingesteld.',
      'Controleer het adres. Is de site van u, voeg haar naam dan toe aan webGateway.hosts.',
    ],
    fr: [
      'Il n’y a pas de site de ce nom ici',
      'L’adresse mène à cette machine, mais aucun site de ce nom n’y est configuré.',
      'Vérifiez l’adresse. Si le site est à vous, ajoutez son nom à webGateway.hosts.',
    ],
  },
  429: {
    en: [
      'Too much at once',
      'More came from your network at the same time than this site takes.',
      'Wait a minute, close what you do not need, and try again.',
    ],
    nl: [
      'Te veel tegelijk',
      'Er kwam meer tegelijk van uw netwerk dan deze site aankan.',
      'Wacht een minuut, sluit wat u niet nodig hebt, en probeer opnieuw.',
    ],
    fr: [
      'Trop de choses à la fois',
      'Votre réseau a envoyé plus de demandes simultanées que ce site n’en accepte.',
      'Attendez une minute, fermez ce qui ne sert pas, et réessayez.',
    ],
  },
  login: {
    en: [
      'Too many attempts with a wrong password',
      'To protect this account, passwords from devices it does not know are not tried now.',
      'Use a device on which you signed in before, or wait; or ask for a new password.',
    ],
    nl: [
      'Te veel pogingen met een fout wachtwoord',
      'Om dit account te beschermen, proberen we nu geen wachtwoord van onbekende toestellen.',
      'Gebruik een toestel waarop u al aanmeldde, of wacht even; of vraag een nieuw wachtwoord.',
    ],
    fr: [
      'Trop d’essais avec un mot de passe erroné',
      'Pour protéger ce compte, les mots de passe d’appareils inconnus ne sont pas essayés.',
      'Utilisez un appareil déjà connu, ou patientez ; ou demandez un nouveau mot de passe.',
    ],
  },
  rate: {
    en: [
      'Too fast',
      'More requests came for this page in a short time than one visitor may make.',
      'Wait a moment, then try once; a program should heed Retry-After.',
    ],
    nl: [
      'Te snel',
      'Voor deze pagina kwamen er op korte tijd meer verzoeken dan één bezoeker mag doen.',
      'Wacht even en probeer dan één keer; een programma houdt zich aan Retry-After.',
    ],
    fr: [
      'Trop vite',
      'Cette page a reçu en peu de temps plus de demandes qu’un visiteur ne peut en faire.',
      'Patientez un instant, puis réessayez une fois ; un programme respecte Retry-After.',
    ],
  },
  431: {
    en: [
      'The request carries too much luggage',
      'Its header fields, often cookies, are larger than this site accepts.',
      'Delete the cookies of this site and try again.',
    ],
    nl: [
      'Het verzoek draagt te veel bagage',
      'De kopvelden, vaak cookies, zijn groter dan deze site aanneemt.',
      'Verwijder de cookies van deze site en probeer opnieuw.',
    ],
    fr: [
      'La demande porte trop de bagages',
      'Ses en-têtes, souvent des cookies, dépassent ce que ce site accepte.',
      'Supprimez les cookies de ce site et réessayez.',
    ],
  },
  502: {
    en: [
      'The application does not answer',
      'We are here; the application behind us is not, or broke off. You did nothing wrong.',
      'Try again in a moment. If you sent something, check first whether it arrived.',
    ],
    nl: [
      'De toepassing antwoordt niet',
      'Wij zijn er, maar de toepassing achter ons niet, of ze brak af. Het ligt niet aan u.',
      'Probeer zo dadelijk opnieuw. Verstuurde u iets, kijk dan eerst of het aankwam.',
    ],
    fr: [
      'L’application ne répond pas',
      'L’application derrière nous est absente ou a coupé. Vous n’y êtes pour rien.',
      'Réessayez bientôt. Si vous envoyiez quelque chose, voyez d’abord s’il est arrivé.',
    ],
  },
  503: {
    en: [
      'Very busy, or just restarting',
      'The site cannot take this request right now.',
      'Wait a few seconds and try again.',
    ],
    nl: [
      'Heel druk, of net aan het herstarten',
      'De site kan dit verzoek nu niet aannemen.',
      'Wacht enkele seconden en probeer opnieuw.',
    ],
    fr: [
      'Très occupé, ou en train de redémarrer',
      'Le site ne peut pas prendre cette demande maintenant.',
      'Attendez quelques secondes et réessayez.',
    ],
  },
  504: {
    en: [
      'The application takes too long',
      'It received the request and gave no answer in time.',
      'Check whether what you did has happened before you do it again.',
    ],
    nl: [
      'De toepassing doet er te lang over',
      'Ze kreeg het verzoek en gaf niet op tijd antwoord.',
      'Kijk eerst of het toch gebeurd is, voor u het opnieuw doet.',
    ],
    fr: [
      'L’application met trop de temps',
      'Elle a reçu la demande et n’a pas répondu à temps.',
      'Vérifiez d’abord si l’action a eu lieu avant de la refaire.',
    ],
  },
  505: {
    en: [
      'We do not speak this version of HTTP',
      'The request names a version of HTTP other than 1.0 and 1.1.',
      'Use an ordinary browser, or ask for HTTP/1.1.',
    ],
    nl: [
      'Deze versie van HTTP spreken we niet',
      'Het verzoek noemt een andere versie van HTTP dan 1.0 en 1.1.',
      'Gebruik een gewone browser, of vraag HTTP/1.1.',
    ],
    fr: [
      'Nous ne parlons pas cette version de HTTP',
      'La demande nomme une version de HTTP autre que 1.0 et 1.1.',
      'Utilisez un navigateur ordinaire, ou demandez HTTP/1.1.',
    ],
  },
}
