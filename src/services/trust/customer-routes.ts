/**
 * The doors of a customer's own page: the page, and its evidence for whoever checks it.
 *
 * @module
 */
import type { Hono } from 'hono'
import { languages } from '#lib/claims/claim.ts'
import { makeBundle } from '#storage/evidence/bundle.ts'
import { pageShower } from '#system/public-pages.ts'
import type { TrustConfig } from './config.ts'
import { CustomerPage } from './customer-page.tsx'
import { customerView, type CustomerView } from './customer.ts'
import type { TrustPorts } from './ports.ts'
import type { Snapshot, TrustSession } from './session.ts'
import { stylesheet } from './style.ts'

type Found = { readonly snapshot: Snapshot; readonly view: CustomerView | undefined }

export function customerRoutes(
  app: Hono,
  config: TrustConfig,
  ports: TrustPorts,
  session: TrustSession,
): void {
  const show = pageShower(stylesheet)
  const find = async (token: string): Promise<Found> => {
    const snapshot = await session.snapshot()
    // A log that does not verify proves nothing to anybody.
    if (!snapshot.view) return { snapshot, view: undefined }
    return { snapshot, view: customerView(snapshot.statuses, await ports.customers(), token) }
  }
  for (const language of languages) {
    app.get(`/${language}/customer`, async (context) => {
      const token = context.req.query('token') ?? ''
      const { view } = await find(token)
      context.header('cache-control', 'no-store')
      return show(context, view ? 200 : 404, (address) =>
        CustomerPage({ view, token, language, config, stylesheet: address }),
      )
    })
  }
  app.get('/customer.bundle', async (context) => {
    const { snapshot, view } = await find(context.req.query('token') ?? '')
    context.header('cache-control', 'no-store')
    if (!view || !snapshot.view) return context.json({ code: 'TRUST_CUSTOMER_UNKNOWN' }, 404)
    const only = new Set(view.items.map(({ status }) => status.claim.id))
    const bundle = await makeBundle(ports.place, snapshot.view, only)
    context.header('content-disposition', 'attachment; filename="customer.bundle"')
    return context.json({ ...bundle, customers: view.items.map(({ proof }) => proof) })
  })
}
