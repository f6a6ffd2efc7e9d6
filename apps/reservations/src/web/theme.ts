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

/** The style sheet of a club. @param colour `#rrggbb`, as the database checks. */
export function themeCss(colour: string): string {
  const base = hex(colour)
  const light = until(base, BLACK, LIGHT)
  const dark = until(base, WHITE, DARK)
  const declare = (accent: Rgb): string => `:root { --accent: ${text(accent)} }`
  return [
    declare(light),
    `@media (prefers-color-scheme: dark) { ${declare(dark)} }`,
    `@media print { ${declare(light)} }`,
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
function until(base: Rgb, towards: Rgb, background: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(base, towards, share)
    if (contrast(mixed, background) >= CONTRAST_MIN) return mixed
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
