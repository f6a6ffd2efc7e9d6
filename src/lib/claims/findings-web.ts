/**
 * What the graders and the login probe can have measured, each as a sentence in every language.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

/** `{name}` stands for the finding's value of that name. */
export const webFindingTexts: Readonly<Record<string, Words>> = {
  HEADERS_GRADE: words(
    'Volgens de regels van securityheaders.com, op onze eigen machine toegepast: {grade}.',
    'By the rules of securityheaders.com, applied on our own machine: {grade}.',
    'Selon les règles de securityheaders.com, appliquées sur notre propre machine : {grade}.',
  ),
  HEADERS_GRADE_LOW: words(
    'Volgens de regels van securityheaders.com maar {grade}.',
    'By the rules of securityheaders.com only {grade}.',
    'Selon les règles de securityheaders.com, seulement {grade}.',
  ),
  HEADERS_SCORE: words(
    'Volgens de regels van het HTTP Observatory van MDN: {score} punten, {grade}.',
    'By the rules of MDN’s HTTP Observatory: {score} points, {grade}.',
    'Selon les règles du HTTP Observatory de MDN : {score} points, {grade}.',
  ),
  HEADERS_SCORE_LOW: words(
    'Volgens de regels van het HTTP Observatory van MDN maar {score} punten, {grade}.',
    'By the rules of MDN’s HTTP Observatory only {score} points, {grade}.',
    'Selon les règles du HTTP Observatory de MDN, seulement {score} points, {grade}.',
  ),
  HEADERS_WEAKNESS: words(
    'Dit verlaagt het cijfer: {name}.',
    'This lowers the grade: {name}.',
    'Ceci abaisse la note : {name}.',
  ),
  LOGIN_LOCKED: words(
    'Na {evaluated} foute wachtwoorden werd geen volgende poging meer beoordeeld.',
    'After {evaluated} wrong passwords no further attempt was evaluated.',
    'Après {evaluated} mots de passe erronés, aucune autre tentative n’a été évaluée.',
  ),
  LOGIN_NEVER_LOCKED: words(
    'Alle {attempts} foute wachtwoorden na elkaar werden beoordeeld.',
    'All {attempts} wrong passwords in a row were evaluated.',
    'Les {attempts} mots de passe erronés successifs ont tous été évalués.',
  ),
  LOGIN_NOT_EVALUATED: words(
    'Zelfs het juiste wachtwoord van een onbekend toestel werd toen geweigerd ({status}).',
    'Even the right password from an unknown device was then refused ({status}).',
    'Même le bon mot de passe d’un appareil inconnu a alors été refusé ({status}).',
  ),
  LOGIN_EVALUATED_BEYOND: words(
    'Boven de grens werd een wachtwoord van een onbekend toestel toch nog beoordeeld.',
    'Beyond the limit a password from an unknown device was still evaluated.',
    'Au-delà de la limite, un mot de passe d’un appareil inconnu a encore été évalué.',
  ),
  LOGIN_OWNER_ADMITTED: words(
    'Op een toestel dat het account kent, kwam de eigenaar intussen gewoon binnen.',
    'On a device known to the account, the owner got in all the same.',
    'Sur un appareil connu du compte, le propriétaire est entré normalement.',
  ),
  LOGIN_OWNER_LOCKED_OUT: words(
    'Ook op een bekend toestel werd de eigenaar buitengesloten ({status}).',
    'Even on a known device the owner was locked out ({status}).',
    'Même sur un appareil connu, le propriétaire a été exclu ({status}).',
  ),
  TLS_GRADE: words(
    'Volgens de regels van SSL Labs ({rules}), op onze eigen machine toegepast: {grade}, ' +
      '{score} van 100; {suites} versleutelingen over {versions}.',
    'By the rules of SSL Labs ({rules}), applied on our own machine: {grade}, {score} of 100; ' +
      '{suites} cipher suites over {versions}.',
    'Selon les règles de SSL Labs ({rules}), appliquées sur notre propre machine : {grade}, ' +
      '{score} sur 100 ; {suites} suites de chiffrement sur {versions}.',
  ),
  TLS_GRADE_LOW: words(
    'Volgens de regels van SSL Labs ({rules}) maar {grade}, {score} van 100.',
    'By the rules of SSL Labs ({rules}) only {grade}, {score} of 100.',
    'Selon les règles de SSL Labs ({rules}), seulement {grade}, {score} sur 100.',
  ),
  TLS_GRADE_CAPPED: words(
    'Dit verlaagt het cijfer: {cause}.',
    'This lowers the grade: {cause}.',
    'Ceci abaisse la note : {cause}.',
  ),
  TLS_GRADE_LOCAL_TRUST: words(
    'Het certificaat komt van onze eigen autoriteit; enkel voor wie die vertrouwt, geldt dit ' +
      'cijfer. Een buitenstaander geeft “T”: niet vertrouwd.',
    'The certificate is from our own authority; the grade holds only for who trusts that. An ' +
      'outsider would say “T”: not trusted.',
    'Le certificat vient de notre propre autorité ; la note ne vaut que pour qui s’y fie. Un ' +
      'tiers dirait « T » : non fiable.',
  ),
  TLS_NOT_VULNERABLE: words(
    'Onderzocht en niet kwetsbaar voor: {names}.',
    'Examined and not vulnerable to: {names}.',
    'Examiné et non vulnérable à : {names}.',
  ),
  TLS_NOT_TESTED: words(
    'Niet onderzocht, dus zonder uitspraak: {names}.',
    'Not examined, so nothing is said about: {names}.',
    'Non examiné, donc rien n’est affirmé sur : {names}.',
  ),
  TLS_LOCAL_AUTHORITY: words(
    'Het certificaat komt van een eigen, lokale autoriteit; openbare registers nemen zulke ' +
      'certificaten niet op. Er valt niets te bewijzen.',
    'The certificate is from a local authority of our own; public registers do not take such ' +
      'certificates. There is nothing to prove.',
    'Le certificat vient d’une autorité locale ; les registres publics n’acceptent pas de tels ' +
      'certificats. Il n’y a rien à prouver.',
  ),
  TLS_NOT_LOGGED: words(
    'Het certificaat van een openbare autoriteit draagt maar {count} bewijzen van inschrijving.',
    'The certificate of a public authority bears only {count} proofs of registration.',
    'Le certificat d’une autorité publique ne porte que {count} preuves d’inscription.',
  ),
  TLS_LOGGED: words(
    'Het certificaat staat in openbare registers: {count} bewijzen van {operators} beheerders, ' +
      'waarvan de handtekeningen zijn nagekeken.',
    'The certificate is in public registers: {count} proofs of {operators} operators, whose ' +
      'signatures were checked.',
    'Le certificat figure dans des registres publics : {count} preuves de {operators} ' +
      'exploitants, dont les signatures ont été vérifiées.',
  ),
  TLS_SCT_INVALID: words(
    '{count} bewijzen van inschrijving in het certificaat zijn niet door hun register ondertekend.',
    '{count} proofs of registration in the certificate were not signed by their register.',
    '{count} preuves d’inscription du certificat ne sont pas signées par leur registre.',
  ),
  TLS_SCT_UNCHECKED: words(
    'Het certificaat draagt {count} bewijzen van inschrijving van {logs} registers; de ' +
      'handtekeningen ervan zijn niet nagekeken.',
    'The certificate bears {count} proofs of registration of {logs} registers; their signatures ' +
      'were not checked.',
    'Le certificat porte {count} preuves d’inscription de {logs} registres ; leurs signatures ' +
      'n’ont pas été vérifiées.',
  ),
}
