'use client'
/** Asks for a piece of the program only when it is wanted. */
import { useState } from 'react'

export function More() {
  const [text, setText] = useState('more')
  const load = async () => setText((await import('./list.js')).list.join(', '))
  return (
    <button id="more" onClick={load}>
      {text}
    </button>
  )
}
