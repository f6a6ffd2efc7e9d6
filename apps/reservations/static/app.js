/**
 * Small comforts; every page works without them. Nothing here makes HTML from text, so the page's
 * policy `trusted-types 'none'` holds.
 */

const root = document.documentElement
root.classList.add('scripted')
const offer = (part) => {
  for (const element of part.querySelectorAll('.needs-script')) element.hidden = false
}
offer(document)

for (const button of document.querySelectorAll('[data-print]')) {
  button.addEventListener('click', () => window.print())
}

const dateField = document.querySelector('.date-form input[type=date]')
dateField?.addEventListener('change', () => {
  if (dateField.value !== '') dateField.form.requestSubmit()
})

/* The button of the sheet names the time that would be booked. */
const sheet = document.querySelector('[data-sheet]')
const shown = sheet?.querySelector('[data-span-shown]')
sheet?.addEventListener('change', ({ target }) => {
  if (shown && target.dataset.span) shown.textContent = target.dataset.span
})

/* In a long list of members, typing part of a name leaves those who match. */
const FILTER_FROM = 12
for (const select of document.querySelectorAll('select[data-filter]')) {
  if (select.options.length > FILTER_FROM) addFilter(select)
}

function addFilter(select) {
  const [none, ...people] = [...select.options]
  const plain = (text) =>
    text
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase()
  const field = document.createElement('input')
  field.type = 'search'
  field.className = 'filter'
  field.placeholder = select.dataset.filter
  field.autocomplete = 'off'
  const label = select.labels[0]?.textContent.trim() ?? ''
  field.setAttribute('aria-label', `${label}: ${select.dataset.filter}`)
  field.addEventListener('input', () => {
    const wanted = plain(field.value.trim())
    const matching = people.filter(({ text }) => plain(text).includes(wanted))
    const chosen = select.value
    select.replaceChildren(none, ...matching)
    const free = matching.filter(({ disabled }) => !disabled)
    const only = wanted !== '' && free.length === 1 ? free[0].value : undefined
    select.value = only ?? (matching.some(({ value }) => value === chosen) ? chosen : '')
    select.dispatchEvent(new Event('change', { bubbles: true }))
  })
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.preventDefault() // choosing a partner is not yet booking
    select.focus()
  })
  select.before(field)
}

/* Further seats appear as they are needed: most games are for two. */
const seats = [...document.querySelectorAll('[data-seat]')]
const showSeats = () => {
  seats.forEach((seat, at) => {
    const before = seats[at - 1]?.querySelector('select')
    const here = seat.querySelector('select')
    seat.hidden = at > 0 && !here.required && here.value === '' && before.value === ''
  })
}
for (const seat of seats) seat.addEventListener('change', showSeats)
showSeats()

/* One form is sent once. */
for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault()
    form.dataset.sent = '1'
  })
}
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent
})

/*
 * The grid by keyboard: one tab stop, arrows move between what can be opened, as in the grid
 * pattern of the ARIA Authoring Practices; the digits of an hour lead to it. A cell that spans rows
 * stands in each of them.
 */
const table = document.querySelector('[data-grid]')
if (table) makeGrid(table)

function makeGrid(grid) {
  grid.setAttribute('role', 'grid')
  const places = placesOf(grid)
  const links = [...grid.querySelectorAll('tbody a')]
  for (const link of links) link.tabIndex = -1
  let current = links[0]
  if (current) current.tabIndex = 0
  const rowOf = (link) => places.findIndex((row) => row.includes(link?.closest('td')))
  let goal = rowOf(current)
  const hold = (link) => {
    current.tabIndex = -1
    current = link
    current.tabIndex = 0
  }
  grid.addEventListener('focusin', ({ target }) => {
    if (target === current || !links.includes(target)) return
    hold(target)
    goal = rowOf(target)
  })
  const hours = [...grid.tBodies[0].rows].map((row) => row.cells[0].textContent.trim())
  let typed = ''
  grid.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    typed = hourTyped(typed, event.key)
    const hour = typed === '' ? -1 : hours.findIndex((label) => label.startsWith(typed))
    const next =
      typed === '' ? target(places, current, event.key, goal) : fromRow(places, hour, current)
    if (next === undefined) return
    event.preventDefault()
    if (!next) return
    if (hour !== -1) goal = hour
    else if (/Up|Down/.test(event.key)) goal = rowOf(next)
    hold(next)
    next.focus()
  })
}

/*
 * The day stays true while it is looked at: told that something changed, the page asks for itself
 * and puts the new courts in the place of the old. The browser makes the document, not this script.
 */
const live = document.querySelector('[data-live]')
if (live) followDay(live)

function followDay(first) {
  let part = first
  let source
  const put = (fresh) => {
    const focused = part.contains(document.activeElement) ? document.activeElement : null
    part.replaceWith(document.adoptNode(fresh))
    part = fresh
    offer(part)
    const grid = part.querySelector('[data-grid]')
    if (grid) makeGrid(grid)
    const href = focused?.getAttribute('href')
    const all = [...part.querySelectorAll('a')]
    if (href) all.find((link) => link.getAttribute('href') === href && link.offsetParent)?.focus()
  }
  const renew = () => {
    const request = new XMLHttpRequest()
    request.open('GET', location.href)
    request.responseType = 'document'
    request.addEventListener('load', () => {
      const fresh = request.response?.querySelector('[data-live]')
      if (request.status === 200 && fresh) put(fresh)
    })
    request.send()
  }
  const listen = () => {
    source = new EventSource(part.dataset.live)
    source.addEventListener('changed', renew)
  }
  document.addEventListener('visibilitychange', () => {
    source.close()
    if (!document.hidden) listen()
  })
  window.addEventListener('pagehide', () => source.close())
  window.addEventListener('pageshow', ({ persisted }) => persisted && listen())
  listen()
}

/** The beginning of an hour: `1`, then `18`; `8` alone is `08`. Empty after any other key. */
function hourTyped(before, key) {
  if (!/^\d$/.test(key)) return ''
  if (before.length === 1) return before + key
  return key > '2' ? `0${key}` : key
}

/** What can be opened from a row on, as near to this column as can be. */
function fromRow(places, from, current) {
  if (from === -1) return null
  const cell = current?.closest('td')
  const x = Math.max(0, places.find((row) => row.includes(cell))?.indexOf(cell) ?? 0)
  for (const row of places.slice(from)) {
    const near = [...row.keys()].sort((a, b) => Math.abs(a - x) - Math.abs(b - x))
    const link = near.map((column) => row[column]?.querySelector('a')).find(Boolean)
    if (link) return link
  }
  return null
}

/** Row by row, the cell that stands at each column. */
function placesOf(grid) {
  const rows = [...grid.tBodies[0].rows]
  const places = rows.map(() => [])
  rows.forEach((row, y) => {
    let x = 0
    for (const cell of [...row.cells].slice(1)) {
      while (places[y][x]) x++
      for (let down = 0; down < cell.rowSpan && y + down < rows.length; down++) {
        places[y + down][x] = cell
      }
    }
  })
  return places
}

/**
 * Where a key leads: undefined for other keys, null when there is nothing that way. Going sideways
 * keeps to the goal, the row one went to last, as a cursor keeps to its column from line to line.
 */
function target(places, current, key, goal) {
  const cell = current?.closest('td')
  const y = places.findIndex((row) => row.includes(cell))
  const x = places[y]?.indexOf(cell) ?? 0
  const width = places[0]?.length ?? 0
  const first = (cells) =>
    cells.map((one) => one?.querySelector('a')).find((link) => link && link !== current) ?? null
  switch (key) {
    case 'ArrowDown':
      return first(places.slice(y + 1).map((row) => row[x]))
    case 'ArrowUp':
      return first(
        places
          .slice(0, y)
          .reverse()
          .map((row) => row[x]),
      )
    case 'ArrowRight':
      return sideways(
        places,
        goal,
        Array.from({ length: width - x - 1 }, (_, n) => x + 1 + n),
        current,
      )
    case 'ArrowLeft':
      return sideways(
        places,
        goal,
        Array.from({ length: x }, (_, n) => x - 1 - n),
        current,
      )
    case 'Home':
      return sideways(
        places,
        goal,
        Array.from({ length: width }, (_, n) => n),
        current,
      )
    case 'End':
      return sideways(
        places,
        goal,
        Array.from({ length: width }, (_, n) => width - 1 - n),
        current,
      )
    default:
      return undefined
  }
}

/** The next column that has anything to open, as near to this row as can be. */
function sideways(places, y, columns, current) {
  for (const x of columns) {
    for (let away = 0; away < places.length; away++) {
      for (const row of [y - away, y + away]) {
        const link = places[row]?.[x]?.querySelector('a')
        if (link && link !== current) return link
      }
    }
  }
  return null
}

/* PageUp, PageDown and T turn to another day, G goes to the grid, when no field is filled in. */
document.addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  if (event.target.closest('input, select, textarea')) return
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const stop = key === 'g' ? document.querySelector('[data-grid] a[tabindex="0"]') : null
  if (stop?.offsetParent) {
    event.preventDefault()
    stop.focus()
  }
  const link = document.querySelector(`[data-key="${CSS.escape(key)}"]`)
  if (!link) return
  event.preventDefault()
  link.click()
})
