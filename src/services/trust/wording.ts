/**
 * The headline. What times are called is in `#lib/page/`.
 *
 * @module
 */
import { words, type Language } from '#lib/claims/claim.ts'
import type { ClaimState } from '#lib/claims/state.ts'
import { fill } from '#lib/page/wording.ts'

export type Headline = {
  readonly state: ClaimState
  /** The answer in a few words. */
  readonly answer: string
  /** The count behind it. */
  readonly count: string
}

const answers = {
  failing: words(
    'Niet alles, op dit moment.',
    'Not everything, at this moment.',
    'Pas entièrement, en ce moment.',
  ),
  stale: words(
    'Dat kunnen wij nu niet volledig bewijzen.',
    'We cannot fully prove it right now.',
    'Nous ne pouvons pas le prouver entièrement maintenant.',
  ),
  partly: words('Wat wij meten, klopt.', 'What we measure holds.', 'Ce que nous mesurons tient.'),
  all: words(
    'Ja, en dit is het bewijs.',
    'Yes, and here is the proof.',
    'Oui, et voici la preuve.',
  ),
  nothing: words(
    'Dat kunnen wij nu niet bewijzen.',
    'We cannot prove it right now.',
    'Nous ne pouvons pas le prouver maintenant.',
  ),
}

const counts = words(
  '{proven} van onze {total} beloften zijn op dit moment door een meting bewezen.',
  '{proven} of our {total} promises are proven by a measurement at this moment.',
  '{proven} de nos {total} promesses sont prouvées par une mesure en ce moment.',
)

const others: Readonly<
  Record<Exclude<ClaimState, 'proven'>, Readonly<Record<'one' | 'other', ReturnType<typeof words>>>>
> = {
  failing: {
    one: words('Eén is nu niet waar.', 'One is not true now.', 'Une est fausse en ce moment.'),
    other: words(
      '{n} zijn nu niet waar.',
      '{n} are not true now.',
      '{n} sont fausses en ce moment.',
    ),
  },
  excepted: {
    one: words(
      'Eén is een uitzondering.',
      'One is an exception.',
      'Une fait l’objet d’une exception.',
    ),
    other: words(
      '{n} zijn een uitzondering.',
      '{n} are exceptions.',
      '{n} font l’objet d’une exception.',
    ),
  },
  stale: {
    one: words(
      'Van één is de meting verouderd.',
      'Of one the measurement is out of date.',
      'Pour une, la mesure est périmée.',
    ),
    other: words(
      'Van {n} is de meting verouderd.',
      'Of {n} the measurement is out of date.',
      'Pour {n}, la mesure est périmée.',
    ),
  },
  unproven: {
    one: words(
      'Eén is nog niet bewezen.',
      'One is not proven yet.',
      'Une n’est pas encore prouvée.',
    ),
    other: words(
      '{n} zijn nog niet bewezen.',
      '{n} are not proven yet.',
      '{n} ne sont pas encore prouvées.',
    ),
  },
}

/** The answer at the top: never better than the worst that was measured. */
export function headline(
  count: Readonly<Record<ClaimState, number>>,
  language: Language,
): Headline {
  const total = Object.values(count).reduce((sum, n) => sum + n, 0)
  const [state, answer] = verdict(count, total)
  const rest = (['failing', 'excepted', 'stale', 'unproven'] as const)
    .filter((name) => count[name] > 0)
    .map((name) =>
      fill(others[name][count[name] === 1 ? 'one' : 'other'][language], { n: count[name] }),
    )
  const first = fill(counts[language], { proven: count.proven, total })
  return { state, answer: answer[language], count: [first, ...rest].join(' ') }
}

function verdict(
  count: Readonly<Record<ClaimState, number>>,
  total: number,
): readonly [ClaimState, ReturnType<typeof words>] {
  if (count.failing > 0) return ['failing', answers.failing]
  if (count.proven === 0) return ['unproven', answers.nothing]
  if (count.stale > 0) return ['stale', answers.stale]
  return count.proven === total ? ['proven', answers.all] : ['proven', answers.partly]
}
