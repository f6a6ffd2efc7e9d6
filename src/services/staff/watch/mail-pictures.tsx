/**
 * The pictures of the mail, drawn here: no script, and in words for whoever does not see them.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { MailDay, MailView } from './ports.ts'

const WIDTH = 720
const HEIGHT = 160
/** Of the place of a day, what stays free on either side of its bar. */
const GAP = 0.14
/** A mail among thousands is seen all the same. */
const LEAST = 1.5

type Part = readonly [kind: 'arrived' | 'open' | 'bounced' | 'complaint', words: string]

const parts: readonly Part[] = [
  ['arrived', 'delivered'],
  ['open', 'not ended yet'],
  ['bounced', 'bounced'],
  ['complaint', 'complaint'],
]

function countsOf({ accepted, delivered, bounced, complaints }: MailDay): readonly number[] {
  const open = Math.max(0, accepted - delivered - bounced - complaints)
  return [delivered, open, bounced, complaints]
}

/** A bar a day: what arrived, and on top what did not. */
export function Volume({ days }: { readonly days: readonly MailDay[] }): VNode {
  const most = roundUp(Math.max(1, ...days.map(({ accepted }) => accepted)))
  const total = days.reduce((sum, { accepted }) => sum + accepted, 0)
  const words = `Mails a day for ${days.length} days: ${total} accepted`
  const at = [days[0], days[Math.floor(days.length / 2)], days.at(-1)]
  return (
    <figure class="volume">
      <div class="plot">
        <div class="scale" aria-hidden="true">
          {[most, most / 2, 0].map((value) => (
            <span>{value}</span>
          ))}
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={words}
        >
          {[0, HEIGHT / 2, HEIGHT].map((y) => (
            <line x1={0} x2={WIDTH} y1={y} y2={y} />
          ))}
          {days.map((day, nth) => (
            <Bar
              day={day}
              left={(nth * WIDTH) / days.length}
              step={WIDTH / days.length}
              most={most}
            />
          ))}
        </svg>
        <div class="ends" aria-hidden="true">
          {at.map((day) => (
            <span>{day && shortDay(day.day)}</span>
          ))}
        </div>
      </div>
      <figcaption>
        {parts.map(([kind, name]) => (
          <span>
            <i class={kind} />
            {name}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

function Bar(props: {
  readonly day: MailDay
  readonly left: number
  readonly step: number
  readonly most: number
}): VNode {
  const { day, left, step, most } = props
  const { accepted, delivered, bounced, complaints } = day
  const counts = countsOf(day)
  let top = HEIGHT
  const said = [`${accepted} accepted`, `${delivered} delivered`, `${bounced} bounced`]
  return (
    <g>
      <title>{`${day.day}: ${said.join(', ')}, ${complaints} complaints`}</title>
      <rect class="room" x={left} y={0} width={step} height={HEIGHT} />
      {parts.map(([kind], nth) => {
        const count = counts[nth] ?? 0
        if (count === 0) return null
        const height = Math.max(LEAST, (count / most) * HEIGHT)
        top -= height
        const x = left + step * GAP
        return <rect class={kind} x={x} y={top} width={step * (1 - 2 * GAP)} height={height} />
      })}
    </g>
  )
}

/** Who sends mail in our name, the most first, and how much of it passes DMARC. */
export function Sources({ sources }: Pick<MailView, 'sources'>): VNode {
  if (sources.length === 0)
    return (
      <p class="small">
        No receiver has reported yet. Reports come to the address that <code>veilig dns</code>{' '}
        prints.
      </p>
    )
  const lines = sources.map(({ source, messages, passed }) => ({
    name: source,
    good: passed,
    whole: messages,
    words: `${share(passed, messages)} of ${messages} mails pass DMARC`,
  }))
  return (
    <Shares
      lines={lines}
      good="passes"
      bad="fails: somebody else, or a sender that is not set up"
    />
  )
}

/** How many connections of other servers to ours were safe, by who tells of them. */
export function Sessions({ sessions }: { readonly sessions: MailView['tls'] }): VNode {
  if (sessions.length === 0)
    return (
      <p class="small">
        No sender has reported yet (RFC 8460). Failures here mean that mail to you waits, or came
        without protection.
      </p>
    )
  const lines = sessions.map(({ reporter, succeeded, failed }) => ({
    name: reporter,
    good: succeeded,
    whole: succeeded + failed,
    words: `${share(succeeded, succeeded + failed)} of ${succeeded + failed} sessions were safe`,
  }))
  return <Shares lines={lines} good="safe" bad="failed: certificate, name or no TLS at all" />
}

type Share = {
  readonly name: string
  readonly good: number
  readonly whole: number
  readonly words: string
}

function Shares(props: {
  readonly lines: readonly Share[]
  readonly good: string
  readonly bad: string
}): VNode {
  return (
    <figure class="shares">
      <ol>
        {props.lines.map(({ name, good, whole, words }) => (
          <li tabIndex={-1} data-row>
            <p>
              <b>{name}</b>
              <span>{words}</span>
            </p>
            <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
              <rect class="pass" width={width(good, whole)} height={10} />
              <rect
                class="fail"
                x={width(good, whole)}
                width={WIDTH - width(good, whole)}
                height={10}
              />
            </svg>
          </li>
        ))}
      </ol>
      <figcaption>
        <span>
          <i class="pass" />
          {props.good}
        </span>
        <span>
          <i class="fail" />
          {props.bad}
        </span>
      </figcaption>
    </figure>
  )
}

function width(passed: number, messages: number): number {
  return messages === 0 ? 0 : (passed / messages) * WIDTH
}

/** Never rounded to all or none when it is neither. */
function share(passed: number, messages: number): string {
  if (passed === 0) return 'none'
  if (passed === messages) return 'all'
  return `${Math.min(99.9, Math.max(0.1, (100 * passed) / messages)).toFixed(1)} %`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `24 Nov` of `2026-11-24`. */
function shortDay(day: string): string {
  const [, month, date] = day.split('-').map(Number)
  return `${date} ${months[(month ?? 1) - 1]}`
}

/** A round number, not far above, whose half is a whole one. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const steps = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((step) => step * power)
  return steps.find((one) => one >= value && one % 2 === 0) ?? value + (value % 2)
}
