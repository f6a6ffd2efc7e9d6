/**
 * What a program sees on one way to the server, scene by scene: printed as JSON, errors included.
 * The way is in CONNECTION, as node-postgres takes it. Nothing here knows of the gateway.
 */
export const connection = JSON.parse(process.env.CONNECTION)

/** @param {Record<string, () => Promise<unknown>>} scenes By name, in order. */
export async function play(scenes) {
  const seen = []
  for (const [name, act] of Object.entries(scenes)) {
    try {
      seen.push([name, (await act()) ?? null])
    } catch (error) {
      const { code = error.cause?.code } = error
      seen.push([name, 'error', code ?? error.name])
    }
  }
  const plain = (_key, value) => (typeof value === 'bigint' ? String(value) : value)
  process.stdout.write(JSON.stringify(seen, plain))
}
