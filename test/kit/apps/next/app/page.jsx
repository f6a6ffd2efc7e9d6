/** Made anew for each visitor: a slow piece that streams, a form without a script of its own. */
import { cookies } from 'next/headers'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { Suspense } from 'react'
import { Counter } from './counter.jsx'

async function Slow({ name }) {
  await new Promise((resolve) => setTimeout(resolve, 40))
  return <p id="slow">free courts for {name}</p>
}

async function book(form) {
  'use server'
  ;(await cookies()).set('booked', String(form.get('name')))
  redirect('/?name=' + encodeURIComponent(String(form.get('name'))))
}

export default async function Page({ searchParams }) {
  const { name = 'nobody' } = await searchParams
  const booked = (await cookies()).get('booked')?.value
  return (
    <main>
      <h1>Hello {name}</h1>
      <Counter />
      <Suspense fallback={<p>one moment</p>}>
        <Slow name={name} />
      </Suspense>
      <form action={book}>
        <input name="name" />
        <button id="book">book</button>
      </form>
      {booked && <p id="booked">booked by {booked}</p>}
      <Link href="/courts">courts</Link>
    </main>
  )
}
