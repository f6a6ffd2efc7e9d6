/**
 * The pages on the way to a gateway: one button, nothing to fill in, no script.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import type { FormFields } from '#protocol/payments/paybox.ts'
import { Page } from './office/frame.tsx'
import { going } from './office/words.ts'

export type WayProps = {
  readonly language: Language
  readonly action: string
  /** In the order in which they are signed, and sent. */
  readonly fields: FormFields
  readonly back: string
}

export function WayPage({ language, action, fields, back }: WayProps): VNode {
  return (
    <Page language={language} title={going.title[language]}>
      <p>{going.text[language]}</p>
      <form method="post" action={action} accept-charset="utf-8">
        {fields.map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <div class="acts">
          <button>{going.button[language]}</button>
          <a href={back}>{going.back[language]}</a>
        </div>
      </form>
    </Page>
  )
}

export function HomePage({ language }: { readonly language: Language }): VNode {
  return (
    <Page language={language} title={going.payments[language]} path="/">
      <p>{going.home[language]}</p>
    </Page>
  )
}

export function MissingPage({ language }: { readonly language: Language }): VNode {
  return (
    <Page language={language} title={going.payments[language]}>
      <p>{going.none[language]}</p>
    </Page>
  )
}
