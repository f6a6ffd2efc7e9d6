/** Any colour a club may choose can be read on a light page and on a dark one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contrast, hex, themeCss } from './theme.ts'

test('theme: black on white is 21', () => {
  assert.equal(contrast(hex('#000000'), hex('#ffffff')), 21)
})

test('theme: every colour gets two shades with contrast 4.5 or more', () => {
  for (let red = 0; red <= 255; red += 51) {
    for (let green = 0; green <= 255; green += 51) {
      for (let blue = 0; blue <= 255; blue += 51) {
        const colour = `#${[red, green, blue].map((one) => one.toString(16).padStart(2, '0')).join('')}`
        const [light = '', dark = ''] = themeCss(colour).match(/#[0-9a-f]{6}/g) ?? []
        for (const page of ['#ffffff', '#f4f5f3']) {
          assert(contrast(hex(light), hex(page)) >= 4.5, `${colour} on ${page}`)
        }
        for (const page of ['#14181a', '#1d2225']) {
          assert(contrast(hex(dark), hex(page)) >= 4.5, `${colour} on ${page}`)
        }
      }
    }
  }
})
