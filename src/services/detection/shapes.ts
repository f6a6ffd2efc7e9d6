/**
 * An alert as the readers of webhooks show it: Slack, Teams, ntfy, or whoever takes it as it is.
 *
 * Sources: Slack "Incoming webhooks"; Microsoft "Create incoming webhooks with Workflows" (adaptive
 * card in a message); ntfy "Publish as JSON".
 *
 * @module
 */
import type { Alert } from './alert.ts'
import type { ChannelConfig } from './config.ts'
import type { Severity } from './detectors.ts'

export type Shaped = { readonly url: string; readonly body: string }

/** ntfy's scale: 5 wakes somebody. */
const PRIORITIES: Readonly<Record<Severity, number>> = { low: 2, medium: 3, high: 4, critical: 5 }

/** Where to and what, for a webhook. */
export function shaped(
  { url, shape }: Extract<ChannelConfig, { kind: 'webhook' }>,
  alert: Alert,
): Shaped {
  const title = `[${alert.severity}] ${alert.title}`
  switch (shape) {
    case 'veilig':
      return { url, body: JSON.stringify(alert) }
    case 'slack': {
      const text = [`*${title}*`, alert.sentence, `_${alert.advice}_`, alert.id]
      return { url, body: JSON.stringify({ text: text.map(escaped).join('\n') }) }
    }
    case 'teams':
      return { url, body: JSON.stringify(card(title, alert)) }
    case 'ntfy': {
      const topic = new URL(url).pathname.split('/').at(-1) ?? ''
      const message = `${alert.sentence}\n${alert.advice}\n${alert.id}`
      const body = { topic, title, message, priority: PRIORITIES[alert.severity] }
      return { url: new URL('/', url).href, body: JSON.stringify(body) }
    }
  }
}

/** Slack reads three signs as its own; names of accounts and tools come from outside. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function card(title: string, { sentence, advice, id }: Alert): object {
  const lines = [
    { type: 'TextBlock', text: title, weight: 'Bolder', wrap: true },
    ...[sentence, advice, id].map((text) => ({ type: 'TextBlock', text, wrap: true })),
  ]
  const content = { type: 'AdaptiveCard', version: '1.4', body: lines }
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return { type: 'message', attachments: [{ contentType, content }] }
}
