'use client'
/** Works only when the page's scripts ran: a count, and data asked for. */
import { useState } from 'react'

export function Counter() {
  const [count, setCount] = useState(0)
  const [weather, setWeather] = useState('unknown')
  const ask = async () => setWeather((await (await fetch('/api/weather')).json()).weather)
  return (
    <>
      <button id="count" onClick={() => setCount(count + 1)}>
        count {count}
      </button>
      <button id="ask" onClick={ask}>
        weather {weather}
      </button>
    </>
  )
}
