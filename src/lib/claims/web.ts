/**
 * Claims of the sections "connections and HTTPS", "security headers" and "independent grades".
 *
 * @module
 */
import { DAY_MS, MINUTE_MS, words, type Claim } from './claim.ts'

export const webClaims: readonly Claim[] = [
  {
    id: 'tls.enforced',
    section: 'connections',
    sentence: words(
      'Elk bezoek verloopt over een versleutelde verbinding (HTTPS).',
      'Every visit uses an encrypted connection (HTTPS).',
      'Chaque visite passe par une connexion chiffrée (HTTPS).',
    ),
    control: words(
      'De webpoort beantwoordt een onversleuteld verzoek alleen met een doorverwijzing ' +
        'naar HTTPS.',
      'The web gateway answers an unencrypted request only with a redirect to HTTPS.',
      'La passerelle web ne répond à une requête non chiffrée que par une redirection vers ' +
        'HTTPS.',
    ),
    falsifiedBy: words(
      'Een onversleuteld verzoek krijgt inhoud terug.',
      'An unencrypted request is answered with content.',
      'Une requête non chiffrée reçoit du contenu.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'tls.versions',
    section: 'connections',
    sentence: words(
      'Verouderde versleuteling wordt geweigerd: SSL 2, SSL 3, TLS 1.0 en TLS 1.1.',
      'Outdated encryption is refused: SSL 2, SSL 3, TLS 1.0 and TLS 1.1.',
      'Le chiffrement obsolète est refusé : SSL 2, SSL 3, TLS 1.0 et TLS 1.1.',
    ),
    control: words(
      'De webpoort spreekt alleen TLS 1.2 en TLS 1.3.',
      'The web gateway speaks only TLS 1.2 and TLS 1.3.',
      'La passerelle web ne parle que TLS 1.2 et TLS 1.3.',
    ),
    falsifiedBy: words(
      'Een verbinding met een verouderde versie slaagt.',
      'A connection with an outdated version succeeds.',
      'Une connexion avec une version obsolète réussit.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
    outdated: words(
      'Oudere documenten beloven alleen dat SSL 2 en 3 geweigerd worden en laten TLS 1.0 ' +
        'en 1.1 toe. Die zijn sinds 2021 afgeschaft (RFC 8996); wij weigeren ze ook.',
      'Older documents promise only that SSL 2 and 3 are refused and allow TLS 1.0 and ' +
        '1.1. Those were abolished in 2021 (RFC 8996); we refuse them too.',
      'Des documents plus anciens ne promettent que le refus de SSL 2 et 3 et admettent ' +
        'TLS 1.0 et 1.1. Ceux-ci sont abolis depuis 2021 (RFC 8996) ; nous les refusons ' +
        'aussi.',
    ),
  },
  {
    id: 'tls.transparency',
    section: 'connections',
    sentence: words(
      'Onze certificaten staan in openbare registers, zodat een vals certificaat opvalt.',
      'Our certificates stand in public registers, so that a false one is noticed.',
      'Nos certificats figurent dans des registres publics, de sorte qu’un faux se remarque.',
    ),
    control: words(
      'Het bewijs van inschrijving (Certificate Transparency) reist met het certificaat mee.',
      'The proof of registration (Certificate Transparency) travels with the certificate.',
      'La preuve d’inscription (Certificate Transparency) voyage avec le certificat.',
    ),
    falsifiedBy: words(
      'Een certificaat zonder geldig bewijs van inschrijving.',
      'A certificate without valid proof of registration.',
      'Un certificat sans preuve d’inscription valable.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'headers.present',
    section: 'headers',
    sentence: words(
      'Elke pagina zegt uw browser hoe hij u moet beschermen.',
      'Every page tells your browser how to protect you.',
      'Chaque page indique à votre navigateur comment vous protéger.',
    ),
    control: words(
      'De webpoort geeft elk antwoord de beveiligingskoppen mee, ook foutmeldingen en ' +
        'doorverwijzingen.',
      'The web gateway adds the security headers to every response, errors and redirects too.',
      'La passerelle web ajoute les en-têtes de sécurité à chaque réponse, erreurs et ' +
        'redirections comprises.',
    ),
    falsifiedBy: words(
      'Een antwoord van welke soort ook zonder een van die koppen.',
      'A response of any kind without one of those headers.',
      'Une réponse de n’importe quelle sorte sans l’un de ces en-têtes.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
    outdated: words(
      'X-XSS-Protection wordt door geen browser meer gebruikt en is schadelijk als hij ' +
        'aanstaat; wij sturen hem met de waarde 0. Expect-CT is sinds 2021 vervallen: ' +
        'browsers eisen de openbare inschrijving nu zelf.',
      'No browser uses X-XSS-Protection any more, and switched on it does harm; we send it ' +
        'with the value 0. Expect-CT lapsed in 2021: browsers now demand public registration ' +
        'themselves.',
      'Plus aucun navigateur n’utilise X-XSS-Protection, et activé il est nuisible ; nous ' +
        'l’envoyons avec la valeur 0. Expect-CT est caduc depuis 2021 : les navigateurs ' +
        'exigent eux-mêmes l’inscription publique.',
    ),
  },
  {
    id: 'tls.grade',
    section: 'grades',
    sentence: words(
      'Onze versleuteling haalt het cijfer A+ volgens de regels van SSL Labs.',
      'Our encryption scores grade A+ by the rules of SSL Labs.',
      'Notre chiffrement obtient la note A+ selon les règles de SSL Labs.',
    ),
    control: words(
      'Een strenge keuze van protocollen en sleutels, onkwetsbaar voor BEAST, POODLE en ' +
        'Heartbleed.',
      'A strict choice of protocols and keys, not vulnerable to BEAST, POODLE and Heartbleed.',
      'Un choix strict de protocoles et de clés, insensible à BEAST, POODLE et Heartbleed.',
    ),
    falsifiedBy: words(
      'De keuring geeft een lager cijfer.',
      'The examination gives a lower grade.',
      'L’examen donne une note inférieure.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'headers.grade',
    section: 'grades',
    sentence: words(
      'Onze beveiligingskoppen halen het cijfer A volgens de regels van securityheaders.com.',
      'Our security headers score grade A by the rules of securityheaders.com.',
      'Nos en-têtes de sécurité obtiennent la note A selon les règles de securityheaders.com.',
    ),
    control: words(
      'Het koppenbeleid van de webpoort.',
      'The header policy of the web gateway.',
      'La politique d’en-têtes de la passerelle web.',
    ),
    falsifiedBy: words(
      'De keuring geeft een lager cijfer.',
      'The examination gives a lower grade.',
      'L’examen donne une note inférieure.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
]
