/**
 * What one of several processes may use of what all may use together.
 *
 * The system deals connections out by chance, so a share can be full a little before the whole is;
 * the whole is never exceeded by more than the rounding.
 *
 * @module
 */

/**
 * The same limits, of some of them only a share.
 *
 * @param names Of limits on what there is at one time in all processes together.
 * @param processes How many share.
 */
export function shareOf<Name extends string, Limits extends Readonly<Record<Name, number>>>(
  limits: Limits,
  names: readonly Name[],
  processes: number,
): Limits {
  const share = names.map((name) => [name, Math.ceil(limits[name] / processes)] as const)
  return { ...limits, ...Object.fromEntries(share) }
}
