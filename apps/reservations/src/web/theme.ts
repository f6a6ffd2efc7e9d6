/**
 * A club's one colour, made readable: light and dark pages each get a shade with enough contrast.
 *
 * @module
 */

type Rgb = readonly [red: number, green: number, blue: number]

const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]
/** The backgrounds of app.css, page and raised, that coloured text stands on. */
const LIGHT: Rgb = hex('#f4f5f3')
const DARK: Rgb = hex('#23282c')

/** WCAG 2.2, 1.4.3: 4.5 for text; a little more, because tinted backgrounds cost some. */
const CONTRAST_MIN = 5.6

/** WCAG 2.2, 1.4.3, for a colour as a club chooses it. */
export const CONTRAST_AA = 4.5

/** The style sheet of a club. @param colour `#rrggbb`, as the database checks. */
export function themeCss(colour: string): string {
  const { light, dark } = shadesOf(colour)
  const declare = (accent: string): string => `:root { --accent: ${accent} }`
  return [
    declare(light),
    `@media (prefers-color-scheme: dark) { ${declare(dark)} }`,
    `@media print { ${declare(light)} }`,
    '',
  ].join('\n')
}

/** The colour as it stands on light pages and on dark ones. */
function shadesOf(colour: string): { readonly light: string; readonly dark: string } {
  const base = hex(colour)
  return { light: text(until(base, BLACK, LIGHT)), dark: text(until(base, WHITE, DARK)) }
}

export type Reading = {
  /** Of the colour itself on a light page; white text on the colour has more. */
  readonly contrast: number
  /** The shade of dark pages, and its contrast there. */
  readonly dark: string
  readonly darkContrast: number
  /** The colour itself when it can be read, else the nearest darker one that can. */
  readonly nearest: string
}

/** Whether text in the colour, and on it, can be read. @param colour `#rrggbb`. */
export function readingOf(colour: string): Reading {
  const base = hex(colour)
  const { dark } = shadesOf(colour)
  return {
    contrast: contrast(base, LIGHT),
    dark,
    darkContrast: contrast(hex(dark), DARK),
    nearest: text(until(base, BLACK, LIGHT, CONTRAST_AA)),
  }
}

/** Both kinds of page at once, for a look before saving: `.shot-light` and `.shot-dark`. */
export function previewCss(colour: string): string {
  const { light, dark } = shadesOf(colour)
  return [
    `.shot-light { color-scheme: light; --page: #f4f5f3; --raised: #ffffff; --ink: #1a1f22;`,
    `  --muted: #586068; --line: #dde1de; --on-accent: #ffffff; --accent: ${light} }`,
    `.shot-dark { color-scheme: dark; --page: #14181a; --raised: #1d2225; --ink: #eceff0;`,
    `  --muted: #a5afb5; --line: #31383c; --on-accent: #101416; --accent: ${dark} }`,
    '',
  ].join('\n')
}

/** WCAG 2.2 contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

/** Reads `#rrggbb`. */
export function hex(colour: string): Rgb {
  const at = (from: number): number => Number.parseInt(colour.slice(from, from + 2), 16)
  return [at(1), at(3), at(5)]
}

/** Mixes towards black or white until the text can be read. */
function until(base: Rgb, towards: Rgb, background: Rgb, least = CONTRAST_MIN): Rgb {
  for (let share = 0; share < 1; share += 0.01) {
    const mixed = mix(base, towards, share)
    if (contrast(mixed, background) >= least) return mixed
  }
  return towards
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const one = (x: number, y: number): number => Math.round(x + (y - x) * share)
  return [one(a[0], b[0]), one(a[1], b[1]), one(a[2], b[2])]
}

function luminance(rgb: Rgb): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function text(rgb: Rgb): string {
  return `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}
