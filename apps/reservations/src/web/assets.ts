/**
 * The few static files, read once at the start and served under names that change with them.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Context } from 'hono'

const types: Readonly<Record<string, string>> = {
  'app.css': 'text/css; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
}

type Asset = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
  readonly version: string
}

const assets: ReadonlyMap<string, Asset> = new Map(
  Object.entries(types).map(([name, type]) => {
    const bytes = new Uint8Array(readFileSync(new URL(`../../static/${name}`, import.meta.url)))
    const version = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
    return [name, { bytes, type, version }]
  }),
)

/** Where a page finds the file. */
export function assetPath(name: 'app.css' | 'app.js'): string {
  return `/static/${name}?v=${assets.get(name)?.version ?? ''}`
}

export function serveAsset(c: Context): Response | Promise<Response> {
  const asset = assets.get(c.req.param('name') ?? '')
  if (!asset) return c.notFound()
  const fresh = c.req.query('v') === asset.version
  return c.body(asset.bytes, 200, {
    'Content-Type': asset.type,
    'Cache-Control': fresh ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
}
