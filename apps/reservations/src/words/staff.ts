/**
 * The sentences about who runs the club.
 *
 * @module
 */

export const staffWords = {
  'staff.title': ['Medewerkers', 'Équipe', 'Staff'],
  'staff.lead': [
    'Wie wat mag. Iedereen krijgt enkel wat hij nodig heeft.',
    'Qui peut quoi. Chacun n’a que ce qu’il lui faut.',
    'Who may do what. Everybody has only what he needs.',
  ],
  'staff.saved': [
    'Bewaard. Dit lid logt opnieuw in.',
    'Enregistré. Ce membre se reconnectera.',
    'Saved. This member logs in again.',
  ],
  'staff.add': ['Een lid een rol geven', 'Donner un rôle à un membre', 'Give a member a role'],
  'staff.addHint': [
    'De andere secretarissen lezen het op elke pagina.',
    'Les autres secrétaires le lisent sur chaque page.',
    'The other secretaries read it on every page.',
  ],
  'staff.role': ['Rol', 'Rôle', 'Role'],
  'staff.roleOf': ['Rol van {name}', 'Rôle de {name}', 'Role of {name}'],
  'staff.give': ['Rol geven', 'Donner le rôle', 'Give the role'],
  'staff.save': ['Bewaren', 'Enregistrer', 'Save'],
  'staff.unknown': [
    'Er is geen lid met dat e-mailadres.',
    'Aucun membre n’a cette adresse e-mail.',
    'No member has that e-mail address.',
  ],
  'staff.own': [
    'Uw eigen rol verandert enkel een andere secretaris.',
    'Votre propre rôle, seul un autre secrétaire le change.',
    'Your own role is for another secretary to change.',
  ],
  'role.secretary': ['Secretaris', 'Secrétaire', 'Secretary'],
  'role.secretary.may': [
    'Alles: leden, regels, geld, koppelingen, medewerkers.',
    'Tout : membres, règles, argent, connexions, équipe.',
    'Everything: members, rules, money, connections, staff.',
  ],
  'role.assistant': ['Medewerker aan de balie', 'Assistant d’accueil', 'Desk assistant'],
  'role.assistant.may': [
    'Boekt voor leden, sluit terreinen, plant lessen. Geen ledenlijst, regels of geld.',
    'Réserve pour les membres, ferme des terrains, planifie des cours. Ni liste, ni règles, ni argent.',
    'Books for members, closes courts, plans courses. No member list, rules or money.',
  ],
  'role.coach': ['Lesgever', 'Moniteur', 'Coach'],
  'role.coach.may': [
    'Ziet de eigen lessen, verplaatst of annuleert er een.',
    'Voit ses cours, en déplace ou annule une séance.',
    'Sees the own courses, moves or cancels a meeting.',
  ],
  'role.member': ['Lid', 'Membre', 'Member'],
  'alert.role': [
    '{by} gaf iemand een andere rol, {when}.',
    '{by} a donné un autre rôle à quelqu’un, {when}.',
    '{by} gave somebody another role, {when}.',
  ],
  'act.role': ['Rol gegeven', 'Rôle donné', 'Role given'],
} as const
