/**
 * Every claim, in the order in which a reader meets them. The one table of the domain.
 *
 * Source: the claims table of the design; a test compares the identifiers with it.
 *
 * @module
 */
import { words, type Claim, type SectionId, type Words } from './claim.ts'
import { databaseClaims } from './database.ts'
import { detectionClaims } from './detection.ts'
import { practiceClaims } from './practice.ts'
import { webClaims } from './web.ts'

/** Sections of the trust page, in its order. */
export const sections: Readonly<Record<SectionId, Words>> = {
  database: words('Databank en toegang', 'Database and access', 'Base de données et accès'),
  backups: words(
    'Reservekopieën en herstel',
    'Backups and recovery',
    'Sauvegardes et restauration',
  ),
  audit: words(
    'Logboek en opsporing van dreigingen',
    'Audit and threat detection',
    'Registre et détection des menaces',
  ),
  connections: words('Verbindingen en HTTPS', 'Connections and HTTPS', 'Connexions et HTTPS'),
  headers: words('Beveiligingskoppen', 'Security headers', 'En-têtes de sécurité'),
  grades: words('Onafhankelijke cijfers', 'Independent grades', 'Notes indépendantes'),
  attacks: words('Aanvallen en cookies', 'Attacks and cookies', 'Attaques et cookies'),
  payments: words('Online betalen', 'Online payments', 'Paiements en ligne'),
  mail: words('E-mail', 'E-mail', 'E-mail'),
  internal: words('Hoe wij zelf werken', 'Internal practices', 'Pratiques internes'),
  availability: words('Beschikbaarheid', 'Availability', 'Disponibilité'),
  updates: words('Updates', 'Updates', 'Mises à jour'),
}

const order = Object.keys(sections) as readonly SectionId[]

/** All claims, section by section. */
export const claims: readonly Claim[] = [
  ...databaseClaims,
  ...detectionClaims,
  ...webClaims,
  ...practiceClaims,
].toSorted((a, b) => order.indexOf(a.section) - order.indexOf(b.section))

const byId: ReadonlyMap<string, Claim> = new Map(claims.map((claim) => [claim.id, claim]))

/** The claim of this id, or undefined when there is none. */
export function claimOf(id: string): Claim | undefined {
  return byId.get(id)
}
