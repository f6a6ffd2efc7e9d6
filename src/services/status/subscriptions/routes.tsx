/**
 * The doors of subscriptions: asking, confirming, ending. A GET never changes anything.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { languages, type Language, type Words } from '#lib/claims/claim.ts'
import { DeniedError } from '#lib/errors.ts'
import { fill } from '#lib/page/wording.ts'
import type { ShowPage } from '#system/public-pages.ts'
import type { SubscriptionDesk } from './desk.ts'
import { Decide, SubscriptionPage, type Saying } from './pages.tsx'
import { subscribe } from './words.ts'

const BODY_MAX = 4096

export type RouteParts = {
  readonly desk: SubscriptionDesk
  readonly operator: string
  readonly show: ShowPage
}

export function subscriptionRoutes(app: Hono, { desk, operator, show }: RouteParts): void {
  const say = (context: Context, language: Language, saying: Saying, status = 200) =>
    show(context, status, (stylesheet) =>
      SubscriptionPage({ language, operator, stylesheet, ...saying }),
    )
  for (const language of languages) {
    const plain = (title: Words, text?: Words): Saying => {
      return text === undefined ? { title } : { title, text: text[language] }
    }
    const answer = async (context: Context, work: () => Promise<Saying>): Promise<Response> => {
      try {
        return await say(context, language, await work())
      } catch (error) {
        const [saying, status] = refusal(error, language)
        return say(context, language, saying, status)
      }
    }
    const decide = async (use: 'confirm' | 'leave', token: string): Promise<Saying> => {
      const holder = await desk.holder(use, token)
      if (!holder) return plain(subscribe.old, subscribe.oldText)
      const title = use === 'confirm' ? subscribe.sure : subscribe.stop
      const button = use === 'confirm' ? subscribe.yes : subscribe.stopYes
      const place = holder.place
      return {
        title,
        text: fill(subscribe.sureText[language], { place }),
        children: Decide({ action: `/${language}/${use}`, token, text: button[language] }),
      }
    }
    app.post(`/${language}/subscribe`, bodyLimit({ maxSize: BODY_MAX }), (context) =>
      answer(context, async () => {
        const { mail = '', webhook } = await formOf(context)
        if (webhook !== undefined)
          return hookSaying(await desk.askByWebhook(webhook, language), language)
        await desk.askByMail(mail, language)
        return plain(subscribe.asked, subscribe.askedText)
      }),
    )
    for (const use of ['confirm', 'leave'] as const) {
      app.get(`/${language}/${use}`, (context) =>
        answer(context, () => decide(use, context.req.query('token') ?? '')),
      )
      app.post(`/${language}/${use}`, bodyLimit({ maxSize: BODY_MAX }), (context) =>
        answer(context, async () => {
          const { token = context.req.query('token') ?? '' } = await formOf(context)
          if (!(await desk[use](token))) return plain(subscribe.old, subscribe.oldText)
          return use === 'confirm'
            ? plain(subscribe.done, subscribe.doneText)
            : plain(subscribe.stopped, subscribe.stoppedText)
        }),
      )
    }
  }
}

async function formOf(context: Context): Promise<Readonly<Partial<Record<string, string>>>> {
  return Object.fromEntries(
    Object.entries(await context.req.parseBody()).flatMap(([name, value]) => {
      return typeof value === 'string' ? [[name, value.trim()]] : []
    }),
  )
}

type Hook = Awaited<ReturnType<SubscriptionDesk['askByWebhook']>>

function hookSaying(made: Hook, language: Language): Saying {
  if (!made) return { title: subscribe.wrong, text: subscribe.silent[language] }
  return {
    title: subscribe.hookDone,
    text: subscribe.hookDoneText[language],
    children: (
      <>
        <pre>
          <code>{made.secret}</code>
        </pre>
        <p>
          <a href={made.leave}>{subscribe.stop[language]}</a>
        </p>
      </>
    ),
  }
}

function refusal(error: unknown, language: Language): readonly [Saying, number] {
  const code = error instanceof DeniedError ? error.code : ''
  if (error instanceof DeniedError && code === 'SUBSCRIPTION_INVALID') {
    const text = fill(subscribe.wrongText[language], { wanted: error.publicMessage })
    return [{ title: subscribe.wrong, text }, 400]
  }
  if (code === 'SUBSCRIPTIONS_FULL')
    return [{ title: subscribe.full, text: subscribe.fullText[language] }, 503]
  return [{ title: subscribe.away, text: subscribe.awayText[language] }, 503]
}
