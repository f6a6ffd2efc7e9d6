/** Any free slot of a day by keyboard, in so many keys from the first page after logging in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { accounts, DESK, logIn, origin, visitor } from './visitors.ts'

const KEYS_MAX = 12

type Place = { readonly href: string; readonly x: number; readonly y: number }

/** Free slots by row and column of the grid, and where the focus is. */
async function places(page: Page): Promise<{ free: Place[]; here: Place | undefined }> {
  return await page.evaluate(() => {
    const columns = new Map<Element, number>()
    const rows = [...document.querySelectorAll<HTMLTableRowElement>('[data-grid] tbody tr')]
    const taken = rows.map(() => new Set<number>())
    rows.forEach((row, y) => {
      let x = 0
      for (const cell of [...row.cells].slice(1)) {
        while (taken[y]!.has(x)) x++
        columns.set(cell, x)
        for (let down = y; down < y + cell.rowSpan; down++) taken[down]?.add(x)
      }
    })
    const place = (link: Element): Place => {
      const cell = link.closest('td')!
      return {
        href: link.getAttribute('href') ?? '',
        x: columns.get(cell) ?? -1,
        y: rows.indexOf(cell.parentElement as HTMLTableRowElement),
      }
    }
    const focused = document.activeElement?.closest('[data-grid] a')
    return {
      free: [...document.querySelectorAll('[data-grid] td.free a')].map(place),
      here: focused ? place(focused) : undefined,
    }
  })
}

/** As a person would: to the grid, to the hour, then towards it. @returns Keys, Enter included. */
async function keysTo(page: Page, wanted: Place): Promise<number> {
  let keys = 0
  const press = async (key: string): Promise<Place | undefined> => {
    await page.keyboard.press(key)
    keys++
    return (await places(page)).here
  }
  let here = await press('g')
  const hour = new URL(wanted.href, origin).searchParams.get('start')?.slice(11, 13) ?? ''
  const local = String(Number(hour) + 1).padStart(2, '0') // Brussels in winter
  for (const digit of local) here = await press(digit)
  while (here?.href !== wanted.href) {
    assert(here && keys <= KEYS_MAX, `${wanted.href} is not reached`)
    if (here.x !== wanted.x) here = await press(here.x < wanted.x ? 'ArrowRight' : 'ArrowLeft')
    else here = await press(here.y < wanted.y ? 'ArrowDown' : 'ArrowUp')
  }
  return keys + 1
}

test('browser: any free slot of a day is reached in twelve keys from logging in', async (t) => {
  const context = await visitor({ width: DESK })
  const page = await context.newPage()
  await logIn(page, accounts.member)
  await page.goto(`${origin}/zuiderpark/day?date=2026-11-26`)
  const { free } = await places(page)
  assert(free.length > 50, 'a day with room')
  let most = 0
  for (const wanted of free) {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    most = Math.max(most, await keysTo(page, wanted))
  }
  t.diagnostic(`${free.length} free slots, at most ${most + 1} keys, the one to that day included`)
  assert(most + 1 <= KEYS_MAX, `${most + 1} keys`) // PageDown for tomorrow
  await context.close()
})
